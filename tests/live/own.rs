//! What the live tests stand on: the cluster answers, each kubeconfig has the rights that it should have and no more.

use k8s_openapi::api::core::v1::{Namespace, Pod, Secret};
use kube::api::{Api, ListParams};

use super::{Access, Live, Sharing, begin};

/// Whether a list is refused with 403; any other failure fails the test.
fn refused<T: Clone + serde::de::DeserializeOwned + std::fmt::Debug>(live: &Live, api: Api<T>) -> bool {
    match live.block_on(api.list(&ListParams::default().limit(1))) {
        Ok(_) => false,
        Err(kube::Error::Api(status)) if status.code == 403 => true,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn an_administrator_makes_a_namespace_and_it_goes_with_the_test() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let name = live.namespace("own");
    let client = live.client();
    let namespaces: Api<Namespace> = Api::all(client.clone());
    assert!(live.block_on(namespaces.get(&name)).is_ok());
    live.delete_namespaces();
    let left = live.block_on(namespaces.get_opt(&name)).unwrap();
    assert!(left.is_none_or(|namespace| namespace.metadata.deletion_timestamp.is_some()));
}

#[test]
fn a_reader_sees_everything_but_secrets() {
    let Some(live) = begin(Access::ReadOnly, Sharing::Shared) else {
        return;
    };
    let client = live.client_under_test();
    assert!(!refused(&live, Api::<Pod>::all(client.clone())));
    assert!(!refused(&live, Api::<Namespace>::all(client.clone())));
    assert!(refused(&live, Api::<Secret>::all(client)));
}

#[test]
fn a_namespaced_user_sees_one_namespace() {
    let Some(live) = begin(Access::Namespaced, Sharing::Shared) else {
        return;
    };
    let client = live.client_under_test();
    assert!(!refused(&live, Api::<Pod>::namespaced(client.clone(), "solia")));
    assert!(refused(&live, Api::<Pod>::all(client.clone())));
    assert!(refused(&live, Api::<Namespace>::all(client)));
}
