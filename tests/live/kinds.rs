//! Every kind, compared with what the server itself lists.

use quarterdeck::model::{Body, KNOWN, Kind, Scope};

use super::{Access, Sharing, begin};
use crate::twin::Twin;

#[test]
fn every_known_kind_has_the_rows_that_the_server_lists() {
    let Some(live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let mut twin = Twin::of(&live.kubeconfig);
    let keys: Vec<_> = KNOWN.iter().map(|info| twin.feed(info.known, Scope::All)).collect();
    let client = live.client();
    for key in &keys {
        twin.wait_live(key);
        assert_eq!(twin.rows(key).unreadable, 0, "{key:?}");
        live.wait_same(&client, &mut twin, key);
        let true_to_kind = |known| key.kind.is(known);
        let rows = twin.rows(key);
        assert!(rows.rows().all(|row| row.body.known().is_none_or(true_to_kind)), "{key:?}");
        println!("{:<28} {} rows", key.kind.resource(), rows.len());
    }
}

#[test]
fn a_kind_that_only_the_cluster_knows_has_the_columns_that_the_server_prints() {
    let Some(live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let mut twin = Twin::of(&live.kubeconfig);
    let key = twin.feed(Kind::of("solia.test", "widgets"), Scope::All);
    twin.wait_live(&key);
    live.wait_same(&live.client(), &mut twin, &key);
    assert!(!twin.rows(&key).is_empty());
    for row in twin.rows(&key).rows() {
        let Body::Cells(cells) = &row.body else { panic!("{row:?}") };
        let columns: Vec<_> = cells.columns.0.iter().map(|column| &*column.name).collect();
        assert_eq!(columns, ["Size", "Color"]);
    }
}
