//! One forward: it listens, takes what comes, and looks for another pod when its own is gone.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::connection::Line;
use super::resolve::{Look, Target};
use crate::action::forward::ForwardPort;
use crate::action::forward::Reached;
use crate::model::{Problem, ProblemKind};

/// Connections of one forward at the same time. Those that come then wait until one has ended.
const CONNECTIONS: usize = 256;
/// Pauses between two looks for a pod: from, to.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// After that long without a connection to the API server it is told that it is waited for.
const PROMPT: Duration = Duration::from_secs(2);

/// Runs a forward until it fails or is dropped.
pub(super) async fn run(line: Arc<Line>) {
    let Err(problem) = forward(&line).await;
    line.shared.failed(problem);
}

async fn forward(line: &Arc<Line>) -> Result<std::convert::Infallible, Problem> {
    // What is taken on this machine is told at once, whatever the cluster does.
    let known: Option<Vec<u16>> = line.shared.spec.ports.iter().map(ForwardPort::number_here).collect();
    let mut accepting = JoinSet::new();
    if let Some(numbers) = &known {
        accept(line, listen(line, numbers).await?, &mut accepting);
    }
    let target = first(line).await?;
    if known.is_none() {
        let ports = line.shared.spec.ports.iter().zip(&target.here);
        let numbers: Vec<u16> = ports.map(|(port, here)| port.number_here().unwrap_or(*here)).collect();
        accept(line, listen(line, &numbers).await?, &mut accepting);
    }
    line.shared.leads_to(&target.pod, &target.ports, target.note.clone());
    keep(line, target.is_ready).await
}

/// Takes each port on each address.
async fn listen(line: &Line, numbers: &[u16]) -> Result<Vec<(TcpListener, usize)>, Problem> {
    let (mut listeners, mut ports) = (Vec::new(), Vec::new());
    for (at, number) in numbers.iter().enumerate() {
        let mut number = *number;
        for address in &line.shared.spec.addresses {
            let listener = TcpListener::bind((*address, number))
                .await
                .map_err(|error| taken(*address, number, &error))?;
            let local = listener.local_addr().map_err(|error| taken(*address, number, &error))?;
            // A free one is the same on all addresses.
            number = local.port();
            ports.push(Reached { local, remote: None });
            listeners.push((listener, at));
        }
    }
    line.shared.listens(ports);
    Ok(listeners)
}

/// Why a port of this machine cannot be had, and what to do.
fn taken(address: IpAddr, number: u16, error: &io::Error) -> Problem {
    let here = SocketAddr::new(address, number);
    let problem = |text: String| Problem::new(ProblemKind::Config, text);
    match error.kind() {
        io::ErrorKind::AddrInUse => problem(format!("port {number} of this machine is taken: something listens on {here}")).hint(format!(
            "stop it (`ss -ltnp sport = :{number}` names it), or choose another port, as in {}:REMOTE, or :REMOTE for any that is free",
            another(number)
        )),
        io::ErrorKind::PermissionDenied => problem(format!("this user may not listen on port {number}"))
            .hint(format!("choose one above 1023, as in {}:REMOTE", another(number))),
        io::ErrorKind::AddrNotAvailable => problem(format!("{address} is no address of this machine")),
        _ => problem(format!("cannot listen on {here}: {error}")),
    }
}

/// A port that is like this one.
fn another(number: u16) -> u16 {
    match number {
        0..=1023 => 8000 + number,
        _ => number.checked_add(10_000).unwrap_or(18_080),
    }
}

fn accept(line: &Arc<Line>, listeners: Vec<(TcpListener, usize)>, accepting: &mut JoinSet<()>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    for (listener, at) in listeners {
        let (line, room) = (Arc::clone(line), Arc::clone(&room));
        accepting.spawn(async move {
            let mut open = JoinSet::new();
            loop {
                while open.try_join_next().is_some() {}
                let Ok(place) = Arc::clone(&room).acquire_owned().await else {
                    return;
                };
                let local = tokio::select! {
                    came = listener.accept() => came,
                    // Those that ended are let go of while nobody comes.
                    Some(_) = open.join_next() => continue,
                };
                match local {
                    Ok((local, _)) => {
                        let line = Arc::clone(&line);
                        open.spawn(async move {
                            line.serve(local, at).await;
                            drop(place);
                        });
                    }
                    Err(error) => {
                        line.shared
                            .erred(Problem::new(ProblemKind::Server, format!("cannot take a connection: {error}")));
                        // There may be no room for another open file.
                        sleep(PAUSE.0).await;
                    }
                }
            }
        });
    }
}

/// The first pod. What cannot be mended by waiting ends the forward.
async fn first(line: &Line) -> Result<Target, Problem> {
    look(line, |problem| {
        matches!(
            problem.kind,
            ProblemKind::NotFound | ProblemKind::Config | ProblemKind::Denied | ProblemKind::BadAnswer
        )
    })
    .await
}

/// Looks for a pod each time that it seems lost; and, while it is one that is not ready, now and then for a better.
async fn keep(line: &Line, mut is_ready: bool) -> Result<std::convert::Infallible, Problem> {
    let mut pause = PAUSE.0;
    loop {
        tokio::select! {
            () = line.lost.notified() => {
                // Clients that fail one after the other make it look no more often than this.
                sleep(PAUSE.0).await;
                pause = PAUSE.0;
            }
            () = sleep(pause), if !is_ready => pause = (pause * 2).min(PAUSE.1),
        }
        let target = look(line, |_| false).await?;
        is_ready = target.is_ready;
        line.shared.leads_to(&target.pod, &target.ports, target.note);
    }
}

/// Looks for a pod until there is one, with growing pauses.
async fn look(line: &Line, is_final: impl Fn(&Problem) -> bool) -> Result<Target, Problem> {
    let mut pause = PAUSE.0;
    let mut apis = line.apis.clone();
    loop {
        let api = tokio::select! {
            api = line.api() => api?,
            () = sleep(PROMPT) => {
                line.shared.waits(Problem::new(ProblemKind::Unreachable, "no connection to the API server"));
                line.api().await?
            }
        };
        apis.mark_unchanged();
        match line.resolver.target(&api, &line.shared.spec, Look::Again).await {
            Ok(target) => return Ok(target),
            Err(problem) if is_final(&problem) => return Err(problem),
            Err(problem) => line.shared.waits(problem),
        }
        tokio::select! {
            () = sleep(pause) => pause = (pause * 2).min(PAUSE.1),
            // A connection that is new may lead to what was missing.
            changed = apis.changed() => if changed.is_err() { sleep(pause).await },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_cannot_be_had_says_what_to_do() {
        let said = |number, kind: io::ErrorKind| taken(IpAddr::from([127, 0, 0, 1]), number, &kind.into());
        let problem = said(8080, io::ErrorKind::AddrInUse);
        assert_eq!(
            &*problem.text,
            "port 8080 of this machine is taken: something listens on 127.0.0.1:8080"
        );
        assert!(problem.hint.contains("18080:REMOTE"), "{problem}");
        let problem = said(80, io::ErrorKind::PermissionDenied);
        assert_eq!(
            problem.to_string(),
            "this user may not listen on port 80 (choose one above 1023, as in 8080:REMOTE)"
        );
    }
}
