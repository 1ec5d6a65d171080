//! What belongs together goes together.

use super::*;
use crate::sim::world::{Deletion, Propagation};

#[test]
fn what_a_deployment_owned_goes_after_it_unless_it_is_orphaned() {
    for (propagation, left) in [(Propagation::Background, 0), (Propagation::Orphan, 1)] {
        let mut world = world(1);
        world.put("deployments", deployment("backend", 2, "backend:v1"));
        pass(&mut world, 4);
        world.delete(&key("deployments", "backend"), None, propagation);
        pass(&mut world, 4);
        assert_eq!((world.store.count("replicasets"), pods(&world).len()), (left, 2 * left));
    }
}

#[test]
fn a_new_namespace_has_an_account_and_a_deleted_one_takes_everything_with_it() {
    let mut world = world(2);
    world.put("deployments", deployment("backend", 2, "backend:v1"));
    pass(&mut world, 4);
    assert_eq!(doc(&world, "serviceaccounts", "default")["metadata"]["name"], "default");
    assert!(doc(&world, "configmaps", "kube-root-ca.crt")["data"]["ca.crt"].is_string());
    let namespace = Key::new("namespaces", "", NS);
    assert_eq!(world.delete(&namespace, None, Propagation::Background), Deletion::Leaving);
    pass(&mut world, 10);
    assert!(world.store.find(&namespace).is_none());
    for shelf in world.store.shelves() {
        let left: Vec<_> = world.store.list(&shelf, Some(NS)).map(|o| o.key.clone()).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn events_are_forgotten_after_an_hour() {
    let mut world = world(3);
    world.put("deployments", deployment("backend", 1, "backend:v1"));
    pass(&mut world, 4);
    assert!(world.store.count("events") > 0);
    let later = world.now() + SignedDuration::from_mins(70);
    world.advance(later);
    assert_eq!(world.store.count("events"), 0);
}
