//! Names of log streams that say whose lines they hold: as Container Insights and Fluent Bit name them.
//!
//! ```text
//! backend-7d9f-x2x1q_solia_backend-4f0c…
//! from-fluent-bit-kube.var.log.containers.backend-7d9f-x2x1q_solia_backend-4f0c….log
//! ip-10-0-1-7.eu-west-3.compute.internal-application.var.log.containers.backend-7d9f-x2x1q_solia_backend-4f0c….log
//! ```

/// Whose lines a log stream holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodStream<'a> {
    pub pod: &'a str,
    pub namespace: &'a str,
    pub container: &'a str,
    /// How the names of all streams of this pod begin, those of its other containers included.
    pub prefix: &'a str,
}

/// Where the kubelet links the logs of containers, as a tag of Fluent Bit spells it.
const TAG: &str = "var.log.containers.";
/// Hexadecimal digits of a container's id.
const ID: usize = 64;

impl<'a> PodStream<'a> {
    /// Reads a name; `None`: it does not say.
    pub fn read(name: &'a str) -> Option<Self> {
        let file = name.strip_suffix(".log").unwrap_or(name);
        let begin = file.rfind(TAG).map_or(0, |at| at + TAG.len());
        let own = file.get(begin..)?;
        let mut parts = own.split('_');
        let (pod, namespace, rest) = (parts.next()?, parts.next()?, parts.next()?);
        // Names of Kubernetes have no underscore: more of them, and it is something else.
        let (container, id) = rest.rsplit_once('-')?;
        let is_id = id.len() >= ID / 8 && id.bytes().all(|b| b.is_ascii_hexdigit());
        if parts.next().is_some() || pod.is_empty() || namespace.is_empty() || container.is_empty() || !is_id {
            return None;
        }
        let prefix = name.get(..begin + pod.len() + 1 + namespace.len() + 1)?;
        Some(Self {
            pod,
            namespace,
            container,
            prefix,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_three_senders_say_the_same() {
        let id = "4f0c8a31".repeat(8);
        for before in [
            "",
            "from-fluent-bit-kube.var.log.containers.",
            "ip-10-0-1-7.eu-west-3.compute.internal-application.var.log.containers.",
        ] {
            for after in ["", ".log"] {
                let name = format!("{before}backend-7d9f-x2x1q_solia_my-backend-{id}{after}");
                let read = PodStream::read(&name).unwrap();
                assert_eq!(
                    (read.pod, read.namespace, read.container),
                    ("backend-7d9f-x2x1q", "solia", "my-backend")
                );
                assert_eq!(read.prefix, format!("{before}backend-7d9f-x2x1q_solia_"));
            }
        }
    }

    #[test]
    fn other_names_say_nothing() {
        for name in [
            "",
            "backend-7d9f-x2x1q",
            "a_b",
            "a_b_c",
            "a_b_c-notanid",
            "_b_c-4f0c8a31",
            "a_b_c_d-4f0c8a31",
            "solia-prod.0",
        ] {
            assert_eq!(PodStream::read(name), None, "{name}");
        }
    }
}
