//! Microsoft Dataverse Web API (OData v4).
