//! A network policy: who may talk to whom.

use serde_json::Value;

use super::page::{Fields, Page, Parts};
use super::read::{at, joined, list, plain, selector, text};
use crate::ui::theme::Role;

/// Everything about a network policy that is not in its header.
pub fn policy(page: &mut Page, document: &Value) {
    let spec = at(document, "/spec");
    let types: Vec<&str> = list(spec, "/policyTypes").iter().filter_map(Value::as_str).collect();
    // Where the types are left out, incoming traffic is meant, and outgoing if there are rules for it.
    let affects = |name: &str, rules: &Value| {
        if types.is_empty() {
            name == "Ingress" || !rules.is_null()
        } else {
            types.contains(&name)
        }
    };
    page.section("Network policy", |page| {
        let mut fields = Fields::default();
        let chosen = match selector(spec, "/podSelector") {
            every if every.is_empty() => "every pod of the namespace".to_owned(),
            terms => terms,
        };
        fields.add("For pods", chosen);
        for (title, name, pointer, peers, word) in [
            ("Incoming", "Ingress", "/ingress", "/from", "from"),
            ("Outgoing", "Egress", "/egress", "/to", "to"),
        ] {
            if !affects(name, at(spec, pointer)) {
                fields.add(title, Parts::of(Role::Muted, "not restricted by this policy"));
                continue;
            }
            let rules = list(spec, pointer);
            if rules.is_empty() {
                fields.add(title, Parts::of(Role::Warning, "nothing is allowed"));
            }
            fields.lines(title, rules.iter().flat_map(|rule| allowed(rule, peers, word)).collect());
        }
        page.fields(fields);
    });
}

/// One line for each peer of a rule: `from pods app=frontend, on port 4000/TCP`.
fn allowed(rule: &Value, peers: &str, word: &str) -> Vec<Parts> {
    let ports: Vec<_> = list(rule, "/ports").iter().map(port).collect();
    let ports = if ports.is_empty() {
        ", on every port".to_owned()
    } else {
        format!(", on {}", ports.join(", "))
    };
    let peers = list(rule, peers);
    if peers.is_empty() {
        return vec![Parts::from(format!("{word} everywhere")).and(Role::Muted, ports)];
    }
    let line = |other: &Value| Parts::from(format!("{word} {}", peer(other))).and(Role::Muted, ports.clone());
    peers.iter().map(line).collect()
}

fn peer(peer: &Value) -> String {
    let block = at(peer, "/ipBlock");
    if !block.is_null() {
        let except = match joined(block, "/except") {
            none if none.is_empty() => none,
            except => format!(" but not {except}"),
        };
        return format!("{}{except}", text(block, "/cidr"));
    }
    let spaces = at(peer, "/namespaceSelector");
    let place = match (spaces, selector(spaces, "")) {
        (Value::Null, _) => String::new(),
        (_, every) if every.is_empty() => " of every namespace".into(),
        (_, terms) => format!(" of namespaces {terms}"),
    };
    match selector(at(peer, "/podSelector"), "") {
        every if every.is_empty() && place.is_empty() => "every pod of this namespace".into(),
        every if every.is_empty() => format!("every pod{place}"),
        terms => format!("pods {terms}{place}"),
    }
}

fn port(port: &Value) -> String {
    let protocol = match text(port, "/protocol") {
        "" => "TCP",
        protocol => protocol,
    };
    let last = match plain(port, "/endPort") {
        none if none.is_empty() => none,
        last => format!("-{last}"),
    };
    match plain(port, "/port") {
        every if every.is_empty() => format!("every {protocol} port"),
        number => format!("port {number}{last}/{protocol}"),
    }
}
