//! Kinds that custom resource definitions in the store add.

use std::sync::Arc;

use serde_json::Value;

use super::builtin::ALL;
use super::{Origin, Served, Sub};
use crate::sim::store::{Store, Stored};

/// A printer column of a custom kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: String,
    /// `string`, `integer`, `number`, `boolean`, `date`.
    pub kind: String,
    pub format: String,
    pub description: String,
    /// 0 is shown always, more only in wide output.
    pub priority: i64,
    /// `.spec.size`
    pub json_path: String,
}

const STATUS: Sub = Sub {
    name: "status",
    group: "",
    version: "",
    kind: "",
    verbs: &["get", "patch", "update"],
};
const SCALE: Sub = Sub {
    name: "scale",
    group: "autoscaling",
    version: "v1",
    kind: "Scale",
    verbs: &["get", "patch", "update"],
};

/// The custom kinds, read anew only when a definition changed.
#[derive(Debug, Default)]
pub struct Customs {
    versions: Vec<u64>,
    kinds: Vec<Arc<Served>>,
}

impl Customs {
    /// The custom kinds of this moment.
    pub fn of(&mut self, store: &Store) -> &[Arc<Served>] {
        let definitions: Vec<&Arc<Stored>> = store.list("customresourcedefinitions", None).collect();
        let versions = definitions.iter().map(|d| d.rv);
        if !versions.clone().eq(self.versions.iter().copied()) {
            self.versions = versions.collect();
            self.kinds = definitions.iter().flat_map(|d| kinds(&d.value())).map(Arc::new).collect();
        }
        &self.kinds
    }
}

/// The kinds of one definition, the newest version first.
fn kinds(definition: &Value) -> Vec<Served> {
    let spec = &definition["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let names = &spec["names"];
    let words = |field: &str| -> Vec<String> {
        let list = names[field].as_array().into_iter().flatten();
        list.filter_map(|v| v.as_str().map(str::to_owned)).collect()
    };
    let (group, resource, kind) = (text(&spec["group"]), text(&names["plural"]), text(&names["kind"]));
    if group.is_empty() || resource.is_empty() || kind.is_empty() {
        return Vec::new();
    }
    let versions = spec["versions"].as_array().into_iter().flatten().filter(|v| v["served"] == true);
    let mut kinds: Vec<Served> = versions
        .map(|version| Served {
            version: text(&version["name"]),
            singular: names["singular"].as_str().map_or_else(|| kind.to_lowercase(), str::to_owned),
            short: words("shortNames"),
            categories: words("categories"),
            namespaced: spec["scope"] != "Cluster",
            shelf: format!("{resource}.{group}"),
            verbs: ALL,
            subresources: subresources(&version["subresources"]),
            origin: Origin::Custom(columns(&version["additionalPrinterColumns"])),
            minor: 0,
            group: group.clone(),
            resource: resource.clone(),
            kind: kind.clone(),
        })
        .collect();
    kinds.sort_by_key(|kind| std::cmp::Reverse(rank(&kind.version)));
    kinds
}

/// Stable versions before betas before alphas, and higher numbers before lower ones.
fn rank(version: &str) -> (u8, u32, u32) {
    let (main, rest) = version.strip_prefix('v').unwrap_or_default().split_at(
        version
            .strip_prefix('v')
            .unwrap_or_default()
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or_else(|| version.len().saturating_sub(1)),
    );
    let number = |text: &str| text.parse().unwrap_or(0);
    if let Some(beta) = rest.strip_prefix("beta") {
        (2, number(main), number(beta))
    } else if let Some(alpha) = rest.strip_prefix("alpha") {
        (1, number(main), number(alpha))
    } else if rest.is_empty() && !main.is_empty() {
        (3, number(main), 0)
    } else {
        (0, 0, 0)
    }
}

fn subresources(declared: &Value) -> Vec<Sub> {
    let with = |field: &str, sub: Sub| declared[field].is_object().then_some(sub);
    with("status", STATUS).into_iter().chain(with("scale", SCALE)).collect()
}

fn columns(declared: &Value) -> Vec<Column> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rows = declared.as_array().into_iter().flatten();
    rows.map(|row| Column {
        name: text(&row["name"]),
        kind: text(&row["type"]),
        format: text(&row["format"]),
        description: text(&row["description"]),
        priority: row["priority"].as_i64().unwrap_or(0),
        json_path: text(&row["jsonPath"]),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_definition_in_the_store_is_served_until_it_goes() {
        let mut store = Store::new(1);
        let version = |name: &str, served: bool| json!({"name": name, "served": served, "subresources": {"status": {}}, "additionalPrinterColumns": [{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}]});
        let definition = store.put(
            "customresourcedefinitions",
            json!({"metadata": {"name": "widgets.example.com"}, "spec": {"group": "example.com", "scope": "Namespaced",
                "names": {"plural": "widgets", "kind": "Widget", "shortNames": ["wd"]},
                "versions": [version("v1beta2", true), version("v1", true), version("v2alpha1", false), version("v1beta10", true)]}}),
            Timestamp::UNIX_EPOCH,
        );
        let mut customs = Customs::default();
        let kinds = customs.of(&store);
        let versions: Vec<&str> = kinds.iter().map(|k| k.version.as_str()).collect();
        assert_eq!(versions, ["v1", "v1beta10", "v1beta2"]);
        assert_eq!(
            (kinds[0].shelf.as_str(), kinds[0].short[0].as_str(), kinds[0].subresources[0].name),
            ("widgets.example.com", "wd", "status")
        );
        assert!(matches!(&kinds[0].origin, Origin::Custom(columns) if columns[0].json_path == ".spec.size"));
        store.remove(&definition.key, Timestamp::UNIX_EPOCH);
        assert!(customs.of(&store).is_empty());
    }
}
