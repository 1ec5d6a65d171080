//! `exec` and `attach`: programs in containers, their input and outputs as channels of a WebSocket.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::Response;
use serde_json::{Value, json};

use super::shell::{self, Outcome, Output, Shell};
use super::socket::{self, Channels};
use super::terminal::{Key, Line};
use crate::sim::face::{Call, Request};
use crate::sim::kube::{Kube, Status, Target, Version};
use crate::sim::shared::SharedWorld;
use crate::sim::store::{Key as Place, Stored};
use crate::sim::world::World;

const STDIN: u8 = 0;
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const ERROR: u8 = 3;
/// The client's terminal has another size.
const RESIZE: u8 = 4;
/// Version 5 of the protocol: the client ends a channel.
const CLOSE: u8 = 255;

/// The most input that a program is given.
const MOST_INPUT: usize = 8 << 20;

/// What a session needs to know.
struct Session {
    world: Arc<SharedWorld>,
    pod: Place,
    uid: Arc<str>,
    container: String,
    argv: Vec<String>,
    streams: Streams,
}

#[derive(Clone, Copy, Debug)]
struct Streams {
    stdin: bool,
    stdout: bool,
    stderr: bool,
    tty: bool,
}

/// The container that a request means: named, or the only one.
pub(super) fn container(pod: &Stored, request: &Request) -> Result<String, Status> {
    let document = pod.value();
    let name = &pod.key.name;
    let lists = ["containers", "initContainers", "ephemeralContainers"];
    let of = |list: &str| -> Vec<String> {
        let all = document["spec"][list].as_array().into_iter().flatten();
        all.filter_map(|c| c["name"].as_str().map(str::to_owned)).collect()
    };
    let default = document["metadata"]["annotations"]["kubectl.kubernetes.io/default-container"].as_str();
    let wanted = request.query("container").filter(|c| !c.is_empty()).or(default);
    let main = of("containers");
    let wanted = match (wanted, main.as_slice()) {
        (Some(wanted), _) => wanted.to_owned(),
        (None, [only]) => only.clone(),
        (None, many) => {
            let message = format!(
                "a container name must be specified for pod {name}, choose one of: [{}]",
                many.join(" ")
            );
            return Err(Status::bad_request(message));
        }
    };
    if !lists.iter().any(|list| of(list).contains(&wanted)) {
        return Err(Status::bad_request(format!("container {wanted} is not valid for pod {name}")));
    }
    if document["spec"]["nodeName"].as_str().is_none_or(str::is_empty) {
        return Err(Status::bad_request(format!("pod {name} does not have a host assigned")));
    }
    if !runs(&document, &wanted) {
        let message = format!("container not found (\"{wanted}\")");
        return Err(Status::new(500, "InternalError", message));
    }
    Ok(wanted)
}

fn runs(pod: &Value, container: &str) -> bool {
    let lists = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];
    let mut all = lists.iter().flat_map(|l| pod["status"][*l].as_array().into_iter().flatten());
    all.any(|s| s["name"] == container && s["state"]["running"].is_object())
}

/// Opens a session.
pub(super) fn open(kube: &Arc<Kube>, target: &Target, call: &mut Call) -> Result<Response<Body>, Status> {
    let name = target.name.as_deref().unwrap_or_default();
    let found = kube.world.read().store.get("pods", target.place(), name).cloned();
    let pod = found.ok_or_else(|| Status::not_found(&target.kind, name))?;
    let request = &call.request;
    let streams = Streams {
        stdin: request.flag("stdin"),
        stdout: request.flag("stdout"),
        stderr: request.flag("stderr"),
        tty: request.flag("tty"),
    };
    let argv: Vec<String> = request.queries("command").map(str::to_owned).collect();
    let attaches = target.sub.as_deref() == Some("attach");
    if !attaches && argv.is_empty() {
        return Err(Status::bad_request("you must specify at least one command for the container"));
    }
    if !(streams.stdin || streams.stdout || streams.stderr) {
        return Err(Status::bad_request("you must specify at least 1 of stdin, stdout, stderr"));
    }
    let container = container(&pod, request)?;
    let spoken: &[&'static str] = match kube.version {
        Version::V1_20 => &["v4.channel.k8s.io"],
        Version::V1_36 => &["v5.channel.k8s.io", "v4.channel.k8s.io"],
    };
    let handshake = socket::handshake(request, spoken)?;
    let (response, connection) = handshake.open(call);
    let session = Session {
        world: Arc::clone(&kube.world),
        pod: pod.key.clone(),
        uid: Arc::clone(&pod.uid),
        container,
        argv,
        streams,
    };
    call.spawn(async move {
        if let Some(mut channels) = Channels::open(connection).await {
            let status = if attaches {
                session.attach(&mut channels).await
            } else {
                session.exec(&mut channels).await
            };
            if let Some(status) = status {
                let _ = channels.send(ERROR, status.to_string().as_bytes()).await;
            }
            channels.close().await;
        }
    });
    Ok(response)
}

/// The last word of a session: how the program ended.
fn ended(code: i32) -> Value {
    if code == 0 {
        return json!({"metadata": {}, "status": "Success"});
    }
    json!({"metadata": {}, "status": "Failure", "reason": "NonZeroExitCode",
        "message": format!("command terminated with non-zero exit code: error executing command, exit code {code}"),
        "details": {"causes": [{"reason": "ExitCode", "message": code.to_string()}]}})
}

/// The runtime could not do it.
fn failed(why: &str) -> Value {
    let message = format!("Internal error occurred: {why}");
    json!({"metadata": {}, "status": "Failure", "reason": "InternalError", "message": message, "code": 500,
        "details": {"causes": [{"message": why}]}})
}

impl Session {
    /// The world as it is, and the pod in it; `None` once the pod or its container is gone.
    fn look<T>(&self, look: impl FnOnce(&World, &Stored) -> T) -> Option<T> {
        let world = self.world.read();
        let pod = world.store.find(&self.pod).filter(|pod| pod.uid == self.uid)?;
        runs(&pod.value(), &self.container).then(|| look(&world, pod))
    }

    /// Runs the program. `None`: the client has left.
    async fn exec(&self, channels: &mut Channels) -> Option<Value> {
        let Some(Some(mut shell)) = self.look(|world, pod| Shell::open(world, pod, &self.container)) else {
            return Some(failed(&format!("container not found (\"{}\")", self.container)));
        };
        shell.terminal = self.streams.tty.then_some((0, 0));
        let input = if self.streams.stdin && !self.streams.tty && shell::reads_input(&self.argv) {
            self.whole_input(channels).await?
        } else {
            Vec::new()
        };
        let outcome = self.look(|world, _| shell.start(world, &self.argv, &input));
        match outcome {
            None => Some(ended(137)),
            Some(Outcome::Done(output)) => {
                let code = output.code;
                self.pass(channels, output).await.then(|| ended(code))
            }
            Some(Outcome::NotStarted { message, .. }) => {
                let id = self.uid.replace('-', "");
                Some(failed(&format!(
                    "error executing command in container: failed to exec in container: failed to start exec \"{id}{id}\": OCI runtime exec failed: exec failed: unable to start container process: {message}: unknown"
                )))
            }
            Some(Outcome::Shell) => self.interact(channels, shell).await,
        }
    }

    /// All that the client sends until it ends its input.
    async fn whole_input(&self, channels: &mut Channels) -> Option<Vec<u8>> {
        let mut input = Vec::new();
        let most = shell::reads_at_most(&self.argv).unwrap_or(usize::MAX);
        loop {
            if input.len() >= most {
                return Some(input);
            }
            match channels.next().await? {
                (STDIN, bytes) if input.len() + bytes.len() <= MOST_INPUT => input.extend_from_slice(&bytes),
                (CLOSE, bytes) if bytes.first() == Some(&STDIN) => return Some(input),
                _ => {}
            }
        }
    }

    /// Passes what a program wrote on, after the time that it took. `false`: the client has left, or broke it off.
    async fn pass(&self, channels: &mut Channels, output: Output) -> bool {
        let takes = Duration::try_from(output.takes).unwrap_or_default();
        if !takes.is_zero() {
            let over = tokio::time::sleep(takes);
            tokio::pin!(over);
            loop {
                tokio::select! {
                    () = &mut over => break,
                    frame = channels.next() => match frame {
                        None => return false,
                        // Ctrl-C.
                        Some((STDIN, bytes)) if self.streams.tty && bytes.contains(&3) => break,
                        Some(_) => {}
                    }
                }
            }
        }
        let errors = if self.streams.tty { STDOUT } else { STDERR };
        let wanted = [
            (STDOUT, output.stdout, self.streams.stdout),
            (errors, output.stderr, self.streams.stderr || self.streams.tty),
        ];
        for (channel, bytes, asked) in wanted {
            if bytes.is_empty() || !asked {
                continue;
            }
            let bytes = if self.streams.tty { with_returns(&bytes) } else { bytes };
            for piece in bytes.chunks(16 << 10) {
                if !channels.send(channel, piece).await {
                    return false;
                }
            }
        }
        true
    }

    /// A shell that reads lines: from a terminal with a prompt, or from plain input without.
    async fn interact(&self, channels: &mut Channels, mut shell: Shell) -> Option<Value> {
        let tty = self.streams.tty;
        if !self.streams.stdin {
            return Some(ended(0));
        }
        let mut line = Line::default();
        if tty && !channels.send(STDOUT, shell.prompt().as_bytes()).await {
            return None;
        }
        loop {
            let (channel, bytes) = channels.next().await?;
            let closes = channel == CLOSE && bytes.first() == Some(&STDIN);
            let keys = match channel {
                RESIZE => {
                    shell.terminal = size(&bytes).or(shell.terminal);
                    continue;
                }
                STDIN => line.type_in(&bytes, tty),
                _ if closes => line.end(),
                _ => continue,
            };
            for key in keys {
                match key {
                    Key::Echo(text) => {
                        if tty && !channels.send(STDOUT, &text).await {
                            return None;
                        }
                        continue;
                    }
                    Key::End => return Some(ended(shell.code())),
                    Key::Enter(text) => {
                        let Some(output) = self.look(|world, _| shell.line(world, &text, &[])) else {
                            return Some(ended(137));
                        };
                        if !self.pass(channels, output).await {
                            return None;
                        }
                    }
                    Key::Broken => {}
                }
                if shell.over {
                    return Some(ended(shell.code()));
                }
                if tty && !channels.send(STDOUT, shell.prompt().as_bytes()).await {
                    return None;
                }
            }
            if closes {
                return Some(ended(shell.code()));
            }
        }
    }

    /// Shows what the container writes from now on, until it ends.
    async fn attach(&self, channels: &mut Channels) -> Option<Value> {
        if self.streams.tty && self.streams.stdin {
            let shell = self.look(|world, pod| {
                let reads = reads_keys(&pod.value(), &self.container);
                reads.then(|| Shell::open(world, pod, &self.container)).flatten()
            });
            if let Some(Some(mut shell)) = shell {
                shell.terminal = Some((0, 0));
                return self.interact(channels, shell).await;
            }
        }
        let mut bell = self.world.listen();
        let mut shown = self.world.now();
        loop {
            bell.borrow_and_update();
            let now = self.world.now();
            let lines = self.look(|world, pod| {
                let run = world.runs.of(&pod.uid, &self.container).next_back();
                run.map(|run| crate::sim::logs::lines(world, &self.container, run, shown, now))
            });
            let Some(lines) = lines else { return Some(ended(137)) };
            shown = now;
            let mut text = Vec::new();
            for line in lines.into_iter().flatten() {
                text.extend_from_slice(&line.text);
                text.push(b'\n');
            }
            let output = Output {
                stdout: text,
                ..Output::default()
            };
            if !self.pass(channels, output).await {
                return None;
            }
            tokio::select! {
                rung = bell.changed() => if rung.is_err() { return Some(ended(0)) },
                // What is typed goes to a program that does not read.
                frame = channels.next() => { frame?; }
            }
        }
    }
}

/// Whether the main program of a container is a shell at a terminal.
fn reads_keys(pod: &Value, container: &str) -> bool {
    let lists = ["containers", "ephemeralContainers"];
    let all = lists.iter().flat_map(|l| pod["spec"][*l].as_array().into_iter().flatten());
    let mut all = all.filter(|c| c["name"] == container);
    all.any(|c| c["stdin"] == true && c["tty"] == true)
}

/// Rows and columns, as a client tells them.
fn size(bytes: &[u8]) -> Option<(u16, u16)> {
    let size: Value = serde_json::from_slice(bytes).ok()?;
    let number = |field: &str| u16::try_from(size[field].as_u64()?).ok();
    Some((number("Height")?, number("Width")?))
}

/// A terminal wants a return before each new line.
fn with_returns(bytes: &[u8]) -> Vec<u8> {
    let mut told = Vec::with_capacity(bytes.len() + 16);
    for byte in bytes {
        if *byte == b'\n' {
            told.push(b'\r');
        }
        told.push(*byte);
    }
    told
}
