//! The port-forwards of health probes: opened for one question, and closed with it. Nothing listens on this machine.

use futures::future::BoxFuture;
use k8s_openapi::api::core::v1::Pod;

use super::resolve::{Look, Resolver};
use super::{ForwardPort, ForwardSpec, Local, Remote};
use crate::config::probe::Inside;
use crate::model::{Known, Problem, ProblemKind};
use crate::source::health::{Forwards, Pipe};
use crate::source::kube::{Api, problem};

/// Opens them.
#[derive(Debug)]
pub struct ProbeForwards;

impl Forwards for ProbeForwards {
    fn open(&self, api: Api, to: Inside) -> BoxFuture<'static, Result<Box<dyn Pipe>, Problem>> {
        Box::pin(open(api, to))
    }
}

async fn open(api: Api, to: Inside) -> Result<Box<dyn Pipe>, Problem> {
    let spec = spec(&to);
    let target = Resolver::new().target(&api, &spec, Look::Again).await?;
    let Some(port) = target.ports.first().copied() else {
        return Err(Problem::new(ProblemKind::Config, format!("{to} leads to no port")));
    };
    let pods: kube::Api<Pod> = kube::Api::namespaced(api.client, &to.namespace);
    let mut forwarded = pods.portforward(&target.pod, &[port]).await.map_err(|error| problem::of(&error))?;
    match forwarded.take_stream(port) {
        Some(stream) => Ok(Box::new(stream)),
        None => Err(Problem::new(
            ProblemKind::Unreachable,
            format!("pod {} passes nothing on", target.pod),
        )),
    }
}

fn spec(to: &Inside) -> ForwardSpec {
    let remote = match to.port.parse() {
        Ok(number) => Remote::Number(number),
        Err(_) => Remote::Name(to.port.clone()),
    };
    ForwardSpec {
        environment: String::new(),
        namespace: to.namespace.clone(),
        kind: Known::Service,
        name: to.service.clone(),
        ports: vec![ForwardPort { local: Local::Any, remote }],
        addresses: Vec::new(),
    }
}
