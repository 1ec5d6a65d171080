//! The whole platform: three environments, each with its world and its interfaces, on a thread of its own.
//!
//! ```text
//! let platform = Platform::start(Wanted::new(scenario))?;     // worlds are made and brought up to now, ports are open
//! platform.write(directory, Guide::Shown)?;                   // kubeconfig and qd.toml
//! drop(platform);                                             // every connection ends, nothing stays
//! ```

mod files;

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::alertmanager::Alertmanager;
use super::clock::{Clock, Pace};
use super::cloudwatch::CloudWatch;
use super::face::{Authority, Desk, Face, PortFault, Scheme, Server};
use super::health::Health;
use super::kube::{Doors, Identity, Kube, Version};
use super::physics;
use super::prometheus::Prometheus;
use super::prometheus::rules::{self, Rules};
use super::scenario::{self, Scenario};
use super::seed::{self, Environment};
use super::shared::SharedWorld;
use super::world::{Life, World};
use crate::model::{Problem, ProblemKind};

/// The bearer tokens that the platform's clusters let in. They open nothing but a simulation on this machine.
const ADMIN_TOKEN: &str = "simulated-admin";
const VIEWER_TOKEN: &str = "simulated-viewer";

/// In the order of the header.
const ENVIRONMENTS: [Environment; 3] = [Environment::Development, Environment::Staging, Environment::Production];

/// How often the worlds move on by themselves, in real time.
const TICK: Duration = Duration::from_millis(100);

/// What is to be simulated.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub scenario: Scenario,
    /// Another seed gives other names and other noise.
    pub seed: u64,
    /// The Kubernetes version to play.
    pub version: Version,
    pub pace: Pace,
    /// The first of the ports to listen on; `None` takes free ones.
    pub port: Option<u16>,
}

impl Wanted {
    /// This scenario, in real time, on the newest Kubernetes, on free ports.
    pub fn new(scenario: Scenario) -> Self {
        Self {
            scenario,
            seed: 1,
            version: Version::V1_36,
            pace: Pace::Times(1.0),
            port: None,
        }
    }
}

/// Whether the cockpit shows the next useful key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guide {
    Shown,
    Hidden,
}

/// Where the interfaces of one environment are.
#[derive(Clone, Debug)]
pub struct Place {
    pub environment: Environment,
    pub kubernetes: String,
    pub prometheus: String,
    pub alertmanager: String,
    pub cloudwatch: String,
    /// The load balancer: `/health` and `/api/health`.
    pub health: String,
}

/// One environment: where it is, its world, and what its interfaces were asked.
#[derive(Clone, Debug)]
pub struct Site {
    pub place: Place,
    pub world: Arc<SharedWorld>,
    /// By the name of the interface.
    pub desks: Vec<(&'static str, Arc<Desk>)>,
}

/// A running platform. It ends when this is dropped.
#[derive(Debug)]
pub struct Platform {
    pub sites: Vec<Site>,
    authority: String,
    clock: Arc<Clock>,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Platform {
    /// Makes the worlds, brings them up to now, and serves them. Blocks until all of that is done.
    ///
    /// # Errors
    /// A port is taken, or the certificates cannot be made.
    pub fn start(wanted: Wanted) -> Result<Self, Problem> {
        let failed = |what: String| Problem::new(ProblemKind::Server, format!("the simulated platform cannot start: {what}"));
        let now = Timestamp::now();
        let clock = Arc::new(Clock::new(now, wanted.pace));
        let worlds = worlds(&wanted, now, &clock);
        let authority = Authority::new().map_err(|error| failed(error.to_string()))?;
        let pem = authority.pem().to_owned();
        let stop = CancellationToken::new();
        let (told, tell) = mpsc::channel();
        let token = stop.clone();
        let thread = std::thread::Builder::new().name("simulator".into()).spawn(move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => {
                    let _ = told.send(Err(error.to_string()));
                    return;
                }
            };
            runtime.block_on(async {
                match serve(&wanted, worlds, authority).await {
                    Ok((sites, servers)) => {
                        let worlds: Vec<_> = sites.iter().map(|site| Arc::clone(&site.world)).collect();
                        let _ = told.send(Ok(sites));
                        live(&worlds, token).await;
                        drop(servers);
                    }
                    Err(fault) => {
                        let _ = told.send(Err(fault.to_string()));
                    }
                }
            });
        });
        let thread = thread.map_err(|error| failed(error.to_string()))?;
        let sites = match tell.recv() {
            Ok(Ok(sites)) => sites,
            Ok(Err(why)) => return Err(failed(why).hint("--port chooses other ports; without it free ones are taken")),
            Err(_) => return Err(failed("its thread ended".into())),
        };
        Ok(Self {
            sites,
            authority: pem,
            clock,
            stop,
            thread: Some(thread),
        })
    }

    /// The site of an environment.
    pub fn site(&self, environment: Environment) -> Option<&Site> {
        self.sites.iter().find(|site| site.place.environment == environment)
    }

    /// Lets the world's time jump ahead; everything that is due until then happens.
    pub fn step(&self, by: SignedDuration) {
        self.clock.step(by);
        for site in &self.sites {
            site.world.tick();
        }
    }

    /// Writes `kubeconfig` and `qd.toml` into a directory, which is made if need be; readable by their owner only.
    /// Returns the path of `qd.toml`.
    ///
    /// # Errors
    /// The directory or a file cannot be written.
    pub fn write(&self, directory: &Path, guide: Guide) -> Result<PathBuf, Problem> {
        let failed = |path: &Path, error: std::io::Error| {
            let problem = Problem::new(ProblemKind::Config, format!("{} cannot be written: {error}", path.display()));
            problem.hint("name another directory with --dir DIR")
        };
        std::fs::create_dir_all(directory).map_err(|error| failed(directory, error))?;
        // The configuration is read from anywhere: its paths are absolute.
        let directory = directory.canonicalize().map_err(|error| failed(directory, error))?;
        let (kubeconfig, config) = (directory.join("kubeconfig"), directory.join("qd.toml"));
        let places: Vec<Place> = self.sites.iter().map(|site| site.place.clone()).collect();
        for (path, text) in [
            (&kubeconfig, files::kubeconfig(&places, &self.authority)),
            (&config, files::configuration(&places, &kubeconfig, guide)),
        ] {
            write_private(path, &text).map_err(|error| failed(path, error))?;
        }
        Ok(config)
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // It ends at once; a panic in it was told by the panic hook.
            let _ = thread.join();
        }
    }
}

/// The worlds, each brought from its past up to now, side by side.
fn worlds(wanted: &Wanted, now: Timestamp, clock: &Arc<Clock>) -> Vec<(Environment, Arc<SharedWorld>)> {
    let make = |environment: Environment| {
        let world = world(wanted, environment, now);
        (environment, Arc::new(SharedWorld::new(world, Arc::clone(clock))))
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = ENVIRONMENTS
            .into_iter()
            .map(|environment| scope.spawn(move || make(environment)))
            .collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    })
}

/// How long controllers and kubelets have been at work before anything goes wrong.
const QUIET: SignedDuration = SignedDuration::from_mins(3);

/// One environment's world at `now`, with its past behind it. Charts reach back hours; what happened to objects
/// began shortly before the scenario, since before it nothing did but what the seed tells of.
pub fn world(wanted: &Wanted, environment: Environment, now: Timestamp) -> World {
    // Each environment has its own names and noise.
    let seed = wanted.seed.wrapping_mul(31).wrapping_add(environment as u64);
    let scenario = Some(&wanted.scenario).filter(|scenario| scenario.environment == environment);
    let steps = scenario.into_iter().flat_map(|scenario| &scenario.steps);
    let first = SignedDuration::from_secs(steps.map(|step| step.at).min().unwrap_or(0).min(0));
    let begin = now + first - QUIET;
    let mut world = World::new(seed, begin, Life::Alive);
    seed::solia(&mut world, environment);
    physics::begin(&mut world, environment);
    physics::remember(
        &mut world,
        SignedDuration::from_secs(wanted.scenario.history) - now.duration_since(begin),
    );
    if let Some(scenario) = scenario {
        scenario::begin(&mut world, scenario, now);
    }
    world.advance(now);
    world
}

type Servers = (
    Server<Kube>,
    Server<Prometheus>,
    Server<Alertmanager>,
    Server<CloudWatch>,
    Server<Health>,
);

async fn serve(
    wanted: &Wanted,
    worlds: Vec<(Environment, Arc<SharedWorld>)>,
    authority: Authority,
) -> Result<(Vec<Site>, Vec<Servers>), PortFault> {
    let (mut sites, mut all) = (Vec::new(), Vec::new());
    let mut ports = Ports(wanted.port);
    let doors = Doors::default()
        .with(ADMIN_TOKEN, Identity::admin())
        .with(VIEWER_TOKEN, Identity::viewer());
    for (environment, world) in worlds {
        let shared = || Arc::clone(&world);
        let rules = Rules::new(
            shared(),
            rules::Site {
                url: format!("https://prometheus.{}", environment.host()),
                external: [("cluster", files::context(environment)), ("environment", environment.name())]
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .into(),
            },
        );
        let tls = Scheme::Https(authority.clone());
        let servers: Servers = (
            start(Kube::new(shared(), wanted.version, doors.clone()), &mut ports, tls).await?,
            start(Prometheus::new(shared(), Arc::clone(&rules)), &mut ports, Scheme::Http).await?,
            start(Alertmanager::new(shared(), rules), &mut ports, Scheme::Http).await?,
            start(CloudWatch::new(shared(), environment), &mut ports, Scheme::Http).await?,
            start(Health::new(shared()), &mut ports, Scheme::Http).await?,
        );
        sites.push(Site {
            place: Place {
                environment,
                kubernetes: servers.0.url(),
                prometheus: servers.1.url(),
                alertmanager: servers.2.url(),
                cloudwatch: servers.3.url(),
                health: servers.4.url(),
            },
            world: Arc::clone(&world),
            desks: vec![
                ("kubernetes", Arc::clone(servers.0.face().desk())),
                ("prometheus", Arc::clone(servers.1.face().desk())),
                ("alertmanager", Arc::clone(servers.2.face().desk())),
                ("cloudwatch", Arc::clone(servers.3.face().desk())),
                ("health", Arc::clone(servers.4.face().desk())),
            ],
        });
        all.push(servers);
    }
    Ok((sites, all))
}

/// The next port: counted up from the first, or always a free one.
struct Ports(Option<u16>);

async fn start<F: Face>(face: Arc<F>, ports: &mut Ports, scheme: Scheme) -> Result<Server<F>, PortFault> {
    let port = ports.0.unwrap_or(0);
    ports.0 = ports.0.map(|port| port.saturating_add(1));
    Server::start(face, port, scheme).await
}

/// Lets the worlds move on until it is told to stop.
async fn live(worlds: &[Arc<SharedWorld>], stop: CancellationToken) {
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => worlds.iter().for_each(|world| world.tick()),
        }
    }
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}
