//! The registries: which images there are, and what they answer for those that there are not.

use jiff::SignedDuration;

use super::cause::Effect;
use crate::model::fits;
use crate::sim::physics::noise::{hash, unit};
use crate::sim::world::World;

/// What becomes of pulling an image.
#[derive(Clone, Debug, PartialEq)]
pub enum Pull {
    Works {
        takes: SignedDuration,
    },
    /// The registry's answer, as the runtime words it.
    Fails {
        message: String,
    },
}

/// The platform's own room in its registry, and the programs in it.
const OWN: &str = "ghcr.io/solia-invest/";
const PROGRAMS: [&str; 3] = ["backend", "frontend", "worker"];

/// What the registry answers for an image.
pub fn pull(world: &World, image: &str) -> Pull {
    let answers = world.scenario.causes().find_map(|cause| match &cause.effect {
        Effect::PullFailure { message } if cause.image.as_ref().is_none_or(|pattern| fits(pattern, image)) => Some(message),
        _ => None,
    });
    if let Some(message) = answers {
        return Pull::Fails { message: message.clone() };
    }
    if exists(image) {
        let takes = 1_100 + (3_900.0 * unit(hash(image))) as i64;
        return Pull::Works {
            takes: SignedDuration::from_millis(takes),
        };
    }
    let reference = full(image);
    Pull::Fails {
        message: format!(
            "rpc error: code = NotFound desc = failed to pull and unpack image \"{reference}\": failed to resolve reference \"{reference}\": {reference}: not found"
        ),
    }
}

/// An image's name as the runtime completes it.
fn full(image: &str) -> String {
    let (host, rest) = image.split_once('/').unwrap_or(("", image));
    let named = host.contains('.') || host.contains(':') || host == "localhost";
    let whole = match (named, rest == image) {
        (true, _) => image.to_owned(),
        (false, true) => format!("docker.io/library/{image}"),
        (false, false) => format!("docker.io/{image}"),
    };
    let tagged = whole.rsplit('/').next().is_some_and(|last| last.contains(':')) || whole.contains('@');
    if tagged { whole } else { format!("{whole}:latest") }
}

/// Whether there is such an image. The platform's own tags are known; others' images are taken to exist, except from
/// hosts that cannot.
fn exists(image: &str) -> bool {
    let image = full(image);
    let Some(own) = image.strip_prefix(OWN) else {
        let host = image.split('/').next().unwrap_or_default();
        let host = host.split(':').next().unwrap_or_default();
        return !host.ends_with(".invalid") && !host.ends_with(".test");
    };
    if own.contains('@') {
        return true;
    }
    own.rsplit_once(':')
        .is_some_and(|(program, tag)| PROGRAMS.contains(&program) && is_built(tag))
}

/// Whether the pipeline has built this tag: a release from v1.0.0 to v1.9.9, or a commit of a branch.
fn is_built(tag: &str) -> bool {
    let commit = tag.strip_prefix("main-").or_else(|| tag.strip_prefix("develop-"));
    if let Some(commit) = commit {
        return commit.len() == 7 && commit.chars().all(|c| c.is_ascii_hexdigit());
    }
    let Some(numbers) = tag.strip_prefix("v1.").and_then(|rest| rest.split_once('.')) else {
        return false;
    };
    let digit = |text: &str| text.len() == 1 && text.bytes().all(|b| b.is_ascii_digit());
    digit(numbers.0) && digit(numbers.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_the_pipeline_never_built_are_not_found() {
        for (image, is) in [
            ("ghcr.io/solia-invest/backend:v1.8.2", true),
            ("ghcr.io/solia-invest/frontend:main-5d0c1fa", true),
            ("ghcr.io/solia-invest/backend:v1.8.30", false),
            ("ghcr.io/solia-invest/backend:v2.0.0", false),
            ("ghcr.io/solia-invest/backend", false),
            ("ghcr.io/solia-invest/bakend:v1.8.2", false),
            ("registry.k8s.io/coredns/coredns:v1.12.0", true),
            ("nginx", true),
            ("registry.invalid/app:1", false),
        ] {
            assert_eq!(exists(image), is, "{image}");
        }
        assert_eq!(full("busybox"), "docker.io/library/busybox:latest");
        assert_eq!(full("prom/prometheus:v3"), "docker.io/prom/prometheus:v3");
        assert_eq!(full("localhost:5000/app"), "localhost:5000/app:latest");
    }
}
