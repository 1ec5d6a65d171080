//! What a namespace may take: resource quotas and limit ranges.

use serde_json::Value;

use super::page::{Fields, Page, Parts};
use super::read::{at, joined, list, map, plain, scalar, text};
use crate::model::Quantity;
use crate::ui::theme::Role;

/// From here on a quota is as good as used up (percent).
const NEARLY: u32 = 90;

/// A resource quota.
pub fn quota(page: &mut Page, document: &Value) {
    let (spec, status) = (at(document, "/spec"), at(document, "/status"));
    page.section("Quota", |page| {
        let mut fields = Fields::default();
        fields.add("Only for", joined(spec, "/scopes"));
        page.fields(fields);
        let hard = if at(status, "/hard").is_object() {
            at(status, "/hard")
        } else {
            at(spec, "/hard")
        };
        let rows = map(hard, "")
            .map(|(name, hard)| {
                let used = at(status, "/used").get(name).map(scalar).unwrap_or_default();
                let percent = Quantity::parse(&used).percent_of(Quantity::parse(&scalar(hard)));
                let role = match percent {
                    Some(100..) => Role::Bad,
                    Some(NEARLY..) => Role::Warning,
                    _ => Role::Text,
                };
                vec![
                    name.as_str().into(),
                    Parts::of(role, if used.is_empty() { "?".to_owned() } else { used }),
                    scalar(hard).into(),
                    Parts::of(role, percent.map_or_else(String::new, |percent| format!("{percent}%"))),
                ]
            })
            .collect();
        page.table(&["RESOURCE", "USED", "ALLOWED", "SHARE"], rows);
    });
}

/// A limit range: one row for each resource of each sort of thing.
pub fn limits(page: &mut Page, document: &Value) {
    const COLUMNS: [&str; 5] = ["/min", "/max", "/defaultRequest", "/default", "/maxLimitRequestRatio"];
    let mut rows = Vec::new();
    for limit in list(document, "/spec/limits") {
        let mut names: Vec<&String> = COLUMNS.iter().flat_map(|column| map(limit, column)).map(|(name, _)| name).collect();
        names.sort();
        names.dedup();
        for name in names {
            let mut row: Vec<Parts> = vec![text(limit, "/type").into(), name.as_str().into()];
            let key = name.replace('~', "~0").replace('/', "~1");
            row.extend(COLUMNS.iter().map(|column| Parts::from(plain(limit, &format!("{column}/{key}")))));
            rows.push(row);
        }
    }
    page.section("Limits", |page| {
        page.table(
            &[
                "FOR",
                "RESOURCE",
                "LEAST",
                "MOST",
                "DEFAULT REQUEST",
                "DEFAULT LIMIT",
                "LIMIT/REQUEST",
            ],
            rows,
        )
    });
}
