//! Adobe Marketo Engage REST API.
