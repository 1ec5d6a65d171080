//! What the store knows, against what the server itself lists.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use kube::Client;
use quarterdeck::model::{FeedKey, Scope, Uid};
use quarterdeck::store::EnvStore;
use serde_json::Value;

use super::Live;
use crate::twin::{PATIENCE, Twin, uids};

impl Live {
    /// The identities of what the server lists, asked by a client that shares nothing with the program's.
    pub fn listed(&self, client: &Client, twin: &Twin, key: &FeedKey) -> BTreeSet<Uid> {
        let served = twin.seen().served(&key.kind).expect("a kind that is served");
        let mut path = match key.kind.group() {
            "" => format!("/api/{}", served.version),
            group => format!("/apis/{group}/{}", served.version),
        };
        if let Scope::Namespace(namespace) = &key.scope {
            path += &format!("/namespaces/{namespace}");
        }
        path += &format!("/{}", key.kind.resource());
        let request = http::Request::get(path).body(Vec::new()).unwrap();
        let list: Value = self.block_on(client.request(request)).unwrap();
        let items = list["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        items
            .iter()
            .map(|item| Uid::parse(item["metadata"]["uid"].as_str().unwrap()))
            .collect()
    }

    /// Waits until the rows of a feed are what the server lists, no more and no less. The cluster lives: what came or
    /// went between a list before and a list after may be there or not.
    pub fn wait_same(&self, client: &Client, twin: &mut Twin, key: &FeedKey) {
        let deadline = Instant::now() + PATIENCE;
        // A server that has just started knows few kinds for a moment, and says so.
        let served = |seen: &EnvStore| seen.served(&key.kind).is_some();
        loop {
            twin.wait_until("the kind is served", served);
            let before = self.listed(client, twin, key);
            twin.comes(Duration::from_secs(1), |seen| {
                seen.feed(key).is_some_and(|feed| before.iter().all(|uid| feed.get(*uid).is_some()))
            });
            let rows = uids(twin.rows(key));
            twin.wait_until("the kind is served", served);
            let after = self.listed(client, twin, key);
            let lost = before.intersection(&after).filter(|uid| !rows.contains(uid)).count();
            let more = rows.iter().filter(|uid| !before.contains(uid) && !after.contains(uid)).count();
            if lost == 0 && more == 0 {
                return;
            }
            assert!(Instant::now() < deadline, "{key:?}: {lost} rows are missing, {more} are too many");
        }
    }
}
