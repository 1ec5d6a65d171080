//! The front door answers what physics says, and nothing else.

use jiff::Timestamp;

use super::*;
use crate::sim::clock::{Clock, Pace};
use crate::sim::face::{Scheme, Server};
use crate::sim::seed::{self, Environment};
use crate::sim::world::{Life, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_pages_are_served_and_others_are_counted() {
    let now: Timestamp = "2026-11-23T07:00:00Z".parse().unwrap();
    let mut world = World::new(5, now, Life::Still);
    seed::solia(&mut world, Environment::Production);
    let world = Arc::new(SharedWorld::new(world, Arc::new(Clock::new(now, Pace::Steps))));
    let server = Server::start(Health::new(Arc::clone(&world)), 0, Scheme::Http).await.unwrap();
    let client = reqwest::Client::new();
    for path in ["/health", "/api/health"] {
        let reply = client.get(format!("{}{path}", server.url())).send().await.unwrap();
        let expected = physics::front(&world.read(), path);
        assert_eq!(reply.status().as_u16(), expected.code, "{path}");
        assert_eq!(reply.text().await.unwrap(), expected.body);
    }
    let unknown = client.get(format!("{}/wp-admin", server.url())).send().await.unwrap();
    assert_eq!(unknown.status(), 404);
    let posted = client.post(format!("{}/health", server.url())).send().await.unwrap();
    assert_eq!(posted.status(), 405);
    assert_eq!(server.face().desk().unknown().len(), 2);
}
