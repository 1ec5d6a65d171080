//! Objects that come and go, and a server that does.

use std::time::Duration;

use k8s_openapi::api::core::v1::{ConfigMap, ServiceAccount};
use kube::Client;
use kube::api::{Api, DeleteParams, PostParams};
use quarterdeck::model::{Known, Link, Scope, Uid};

use super::{Access, Live, Sharing, begin};
use crate::twin::{PATIENCE, Twin, live as is_live, names, ready};

fn config_map(name: &str) -> ConfigMap {
    let mut map = ConfigMap::default();
    map.metadata.name = Some(name.into());
    map
}

fn create(live: &Live, api: &Api<ConfigMap>, name: &str) -> Uid {
    let made = live.block_on(api.create(&PostParams::default(), &config_map(name))).unwrap();
    Uid::parse(&made.metadata.uid.unwrap())
}

fn delete(live: &Live, api: &Api<ConfigMap>, name: &str) {
    live.block_on(api.delete(name, &DeleteParams::default())).unwrap();
}

#[test]
fn an_object_made_anew_under_its_old_name_is_one_row() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("again");
    let client: Client = live.client();
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), &namespace);
    let accounts: Api<ServiceAccount> = Api::namespaced(client, &namespace);
    let mut twin = Twin::of(&live.kubeconfig);
    let scope = Scope::Namespace(namespace.as_str().into());
    let keys = [twin.feed(Known::ConfigMap, scope.clone()), twin.feed(Known::ServiceAccount, scope)];
    for key in &keys {
        twin.wait_live(key);
    }
    let post = PostParams::default();
    let mut account = ServiceAccount::default();
    account.metadata.name = Some("same".into());
    let mut last = None;
    for _ in 0..5 {
        let map = create(&live, &maps, "same");
        let made = live.block_on(accounts.create(&post, &account)).unwrap();
        let uids = [map, Uid::parse(&made.metadata.uid.unwrap())];
        assert_ne!(last, Some(uids));
        last = Some(uids);
        for (key, uid) in keys.iter().zip(uids) {
            twin.wait_until("the new object is the row", |seen| {
                seen.feed(key).is_some_and(|feed| feed.get(uid).is_some())
            });
            let same = names(twin.rows(key)).iter().filter(|name| *name == "same").count();
            assert_eq!(same, 1, "{key:?}");
        }
        delete(&live, &maps, "same");
        live.block_on(accounts.delete("same", &DeleteParams::default())).unwrap();
    }
    for key in &keys {
        twin.wait_until("the last is gone", |seen| {
            seen.feed(key).is_some_and(|feed| !names(feed).contains(&"same".into()))
        });
    }
}

#[test]
fn a_server_that_goes_down_and_comes_back_costs_no_row() {
    let Some(mut live) = begin(Access::Admin, Sharing::Alone) else {
        return;
    };
    let namespace = live.namespace("outage");
    let maps: Api<ConfigMap> = Api::namespaced(live.client(), &namespace);
    create(&live, &maps, "stays");
    create(&live, &maps, "goes");
    let replaced = create(&live, &maps, "replaced");

    let mut twin = Twin::of(&live.kubeconfig);
    let own = twin.feed(Known::ConfigMap, Scope::Namespace(namespace.as_str().into()));
    let mut keys = vec![own.clone()];
    for known in [
        Known::Pod,
        Known::Deployment,
        Known::Node,
        Known::Namespace,
        Known::ConfigMap,
        Known::Event,
    ] {
        keys.push(twin.feed(known, Scope::All));
    }
    for key in &keys {
        twin.wait_live(key);
    }
    let before: Vec<_> = keys.iter().map(|key| names(twin.rows(key))).collect();

    let Some(stopped) = live.stop_api_server() else { return };
    twin.wait_until("the loss is noticed", |seen| matches!(seen.link, Link::Lost { .. }));
    twin.wait_until("every feed says that it is not live", |seen| {
        keys.iter().all(|key| !is_live(seen, key))
    });
    for (key, before) in keys.iter().zip(&before) {
        // Pods and events went on for a moment before the server was down; none is lost because it is.
        assert!(twin.rows(key).len() * 10 >= before.len() * 9, "{key:?} lost its rows");
    }
    assert!(names(twin.rows(&own)).contains(&"stays".into()));

    drop(stopped);
    delete(&live, &maps, "goes");
    delete(&live, &maps, "replaced");
    let new = create(&live, &maps, "new");
    let replacement = create(&live, &maps, "replaced");
    twin.wait_at_most(PATIENCE * 2, "all is live again", |seen| {
        ready(seen) && keys.iter().all(|key| is_live(seen, key))
    });
    twin.wait_until("what was made right after the start is there", |seen| {
        let rows = seen.feed(&own).unwrap();
        rows.get(new).is_some() && rows.get(replacement).is_some() && rows.get(replaced).is_none()
    });
    let client = live.client();
    for key in &keys {
        live.wait_same(&client, &mut twin, key);
    }
    let mut mine = names(twin.rows(&own));
    mine.retain(|name| name != "kube-root-ca.crt");
    assert_eq!(mine, ["new", "replaced", "stays"]);
    // And the watches tell again.
    let last = create(&live, &maps, "last");
    let soon = Duration::from_secs(20);
    twin.wait_at_most(soon, "a later object is told", |seen| {
        seen.feed(&own).is_some_and(|feed| feed.get(last).is_some())
    });
}
