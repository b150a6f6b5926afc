//! Local servers that imitate both vendors over real HTTP: an independent witness that shares no
//! wire types with the connectors.

pub mod marketo;
