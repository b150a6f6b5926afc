//! `$metadata`: the tables as a CSDL document.

use std::fmt::Write as _;

use super::data::Data;
use super::json::edm;
use super::reply::Reply;
use super::schema::Table;

/// The whole document.
pub fn document(data: &Data) -> Reply {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<edmx:Edmx Version=\"4.0\" xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\"><edmx:DataServices><Schema Namespace=\"Microsoft.Dynamics.CRM\" Alias=\"mscrm\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\"><EntityType Name=\"crmbaseentity\" Abstract=\"true\" OpenType=\"true\" /><EntityType Name=\"principal\" BaseType=\"mscrm.crmbaseentity\"><Key><PropertyRef Name=\"ownerid\" /></Key><Property Name=\"ownerid\" Type=\"Edm.Guid\" /></EntityType>",
    );
    for table in data.schema.tables.iter().filter(|table| !table.hidden) {
        entity(&mut out, data, table);
    }
    out.push_str("<EntityContainer Name=\"System\">");
    for table in data.schema.tables.iter().filter(|table| !table.hidden) {
        let (set, name) = (&table.set, &table.name);
        // Writing into a String cannot fail.
        let _ = write!(
            out,
            "<EntitySet Name=\"{set}\" EntityType=\"Microsoft.Dynamics.CRM.{name}\">"
        );
        if table.tracked {
            out.push_str("<Annotation Term=\"Org.OData.Capabilities.V1.ChangeTracking\"><Record><PropertyValue Property=\"Supported\" Bool=\"true\" /></Record></Annotation>");
        }
        out.push_str("</EntitySet>");
    }
    out.push_str("</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>");
    let mut reply = Reply::text(out);
    reply.content = Some("application/xml".into());
    reply
}

fn entity(out: &mut String, data: &Data, table: &Table) {
    let key = &table.column(table.id_column).name;
    let _ = write!(
        out,
        "<EntityType Name=\"{}\" BaseType=\"mscrm.crmbaseentity\"><Key><PropertyRef Name=\"{key}\" /></Key>",
        table.name
    );
    for column in table.columns.iter().filter(|column| !column.hidden) {
        let _ = write!(
            out,
            "<Property Name=\"{}\" Type=\"{}\" />",
            column.wire,
            edm(column.kind)
        );
        for (at, name) in column
            .navigations
            .iter()
            .enumerate()
            .filter(|_| column.is_lookup())
        {
            let target = match column.navigations.len() {
                1 if column.targets.len() > 1 => "principal",
                _ => column
                    .targets
                    .get(at)
                    .map_or("", |t| &data.schema.table(*t).name),
            };
            let key = if target == "principal" {
                "ownerid".into()
            } else {
                format!("{target}id")
            };
            let _ = write!(
                out,
                "<NavigationProperty Name=\"{name}\" Type=\"mscrm.{target}\" Nullable=\"true\"><ReferentialConstraint Property=\"{}\" ReferencedProperty=\"{key}\" /></NavigationProperty>",
                column.wire
            );
        }
    }
    for incoming in &data.schema.incoming[usize::from(table.number)] {
        let other = &data.schema.table(incoming.table).name;
        let _ = write!(
            out,
            "<NavigationProperty Name=\"{}\" Type=\"Collection(mscrm.{other})\" />",
            incoming.name
        );
    }
    out.push_str("</EntityType>");
}
