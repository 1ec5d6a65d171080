//! Service accounts and namespaces: little to tell, but not as a tree.

use serde_json::Value;

use super::condition::conditions;
use super::neighbours::Neighbours;
use super::page::{Fields, Page, Parts};
use super::read::{at, joined, list, text};
use super::workload::pods;
use crate::model::{Known, Time};
use crate::ui::theme::Role;

/// A service account.
pub fn service_account(page: &mut Page, document: &Value) {
    let names = |pointer| {
        let names: Vec<_> = list(document, pointer).iter().map(|secret| text(secret, "/name")).collect();
        names.join(", ")
    };
    page.section("Service account", |page| {
        let mut fields = Fields::default();
        let none = |names: String| {
            if names.is_empty() {
                Parts::of(Role::Muted, "none")
            } else {
                names.into()
            }
        };
        fields.add("Secrets", none(names("/secrets")));
        fields.add("Image pull secrets", none(names("/imagePullSecrets")));
        if at(document, "/automountServiceAccountToken") == &Value::Bool(false) {
            fields.add("Token", "mounted only into pods that ask for it");
        }
        page.fields(fields);
    });
}

/// A namespace.
pub fn namespace(page: &mut Page, document: &Value, around: &Neighbours<'_>, now: Time) {
    let status = at(document, "/status");
    page.section("Namespace", |page| {
        let mut fields = Fields::default();
        let phase = text(status, "/phase");
        let role = if phase == "Active" { Role::Ok } else { Role::Busy };
        fields.add("Phase", Parts::of(role, phase));
        // Every namespace has a finalizer; it matters only once it holds the deletion back.
        if phase != "Active" {
            fields.add("Held by", joined(document, "/spec/finalizers"));
        }
        fields.add("Pods", pods(around));
        page.fields(fields);
    });
    conditions(page, &Known::Namespace.into(), document, now);
}
