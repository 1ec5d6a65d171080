//! Containers: of a pod, with how they are; of a pod template, without.

use serde_json::Value;

use super::env::environment;
use super::exit::state;
use super::page::{Fields, Page, Parts};
use super::probe::{Probe, hook, probe};
use super::read::{at, is_true, list, map, number, one_line, plain, scalar, text};
use crate::model::Time;
use crate::ui::theme::Role;

/// The places of a pod specification that hold containers, and their titles.
pub const PLACES: [(&str, &str, &str); 3] = [
    ("Init containers", "/initContainers", "/initContainerStatuses"),
    ("Containers", "/containers", "/containerStatuses"),
    ("Ephemeral containers", "/ephemeralContainers", "/ephemeralContainerStatuses"),
];

/// All containers of a pod specification; `status` is the pod's, `null` for a template.
pub fn containers(page: &mut Page, spec: &Value, status: &Value, now: Time) {
    for (title, list_at, status_at) in PLACES {
        page.section(title, |page| {
            for container in list(spec, list_at) {
                let name = text(container, "/name");
                let status = list(status, status_at).iter().find(|s| text(s, "/name") == name);
                let sidecar = list_at == "/initContainers" && text(container, "/restartPolicy") == "Always";
                let note = if sidecar { " (sidecar: runs on beside the others)" } else { "" };
                page.line(Parts::of(Role::Accent, name).and(Role::Muted, note));
                let bounded = list_at != "/ephemeralContainers";
                page.inside(|page| one(page, container, status, bounded, now));
            }
        });
    }
}

/// One container; `bounded` where it may have requests and limits, so that their absence says something.
fn one(page: &mut Page, container: &Value, status: Option<&Value>, bounded: bool, now: Time) {
    let mut fields = Fields::default();
    fields.add("Image", text(container, "/image"));
    if let Some(status) = status {
        image(&mut fields, container, status);
        running(&mut fields, container, status, now);
    }
    fields.add("Command", command(container, "/command"));
    fields.add("Arguments", command(container, "/args"));
    fields.add("Working directory", text(container, "/workingDir"));
    let ports = list(container, "/ports").iter().map(|port| {
        let protocol = plain(port, "/protocol");
        let host = number(port, "/hostPort").map_or_else(String::new, |p| format!(", host port {p}"));
        let name = text(port, "/name");
        let gap = if name.is_empty() { "" } else { " " };
        format!("{name}{gap}{}/{protocol}{host}", plain(port, "/containerPort"))
    });
    fields.add("Ports", ports.collect::<Vec<_>>().join(", "));
    if bounded {
        fields.add("Requests", bounds(container, "/resources/requests"));
        fields.add("Limits", bounds(container, "/resources/limits"));
    }
    for (name, which) in [
        ("Startup probe", Probe::Startup),
        ("Readiness probe", Probe::Readiness),
        ("Liveness probe", Probe::Liveness),
    ] {
        fields.add(name, probe(container, which));
    }
    fields.add("After start", hook(container, "/lifecycle/postStart"));
    fields.add("Before stop", hook(container, "/lifecycle/preStop"));
    fields.lines("Environment", environment(container));
    let mounts = list(container, "/volumeMounts").iter().map(|mount| {
        Parts::from(text(mount, "/mountPath")).and(Role::Muted, format!(" from volume {}{}", text(mount, "/name"), how(mount)))
    });
    let devices = list(container, "/volumeDevices").iter().map(|device| {
        Parts::from(text(device, "/devicePath")).and(Role::Muted, format!(" from volume {}, as a device", text(device, "/name")))
    });
    fields.lines("Mounts", mounts.chain(devices).collect());
    page.fields(fields);
}

/// `, read-only, only the part data/`: how a volume is mounted.
pub fn how(mount: &Value) -> String {
    let mut notes = String::new();
    if is_true(mount, "/readOnly") {
        notes.push_str(", read-only");
    }
    for pointer in ["/subPath", "/subPathExpr"] {
        if !text(mount, pointer).is_empty() {
            notes.push_str(&format!(", only {}", text(mount, pointer)));
        }
    }
    notes
}

/// The image that runs, where the specification alone does not say which that is.
fn image(fields: &mut Fields, container: &Value, status: &Value) {
    /// As many digits of a digest as other tools show.
    const DIGITS: usize = 12;
    let wanted = text(container, "/image");
    // A registry's own prefix (`docker.io/library/`) makes no other image; a bare digest names the same one.
    let runs = text(status, "/image");
    if !runs.ends_with(wanted) && !runs.starts_with("sha256:") {
        fields.add("Image in use", Parts::of(Role::Warning, runs));
    }
    if let Some((_, digest)) = text(status, "/imageID").rsplit_once("sha256:")
        && !wanted.ends_with(digest)
    {
        let short: String = digest.chars().take(DIGITS).collect();
        fields.add("Image id", Parts::of(Role::Muted, format!("sha256:{short}")));
    }
}

/// State, the runs before this one, restarts.
fn running(fields: &mut Fields, container: &Value, status: &Value, now: Time) {
    fields.lines("State", state(at(status, "/state"), container, now));
    let finished = !at(status, "/state/terminated").is_null();
    // Where the state tells of the last run, the last state tells of the one before it.
    let before = if finished { "Run before" } else { "Last run" };
    fields.lines(before, state(at(status, "/lastState"), container, now));
    let ready = is_true(status, "/ready");
    fields.add(
        "Ready",
        Parts::of(
            if ready {
                Role::Ok
            } else if finished {
                Role::Muted
            } else {
                Role::Warning
            },
            if ready { "yes" } else { "no" },
        ),
    );
    let restarts = number(status, "/restartCount").unwrap_or_default();
    fields.add(
        "Restarts",
        Parts::of(if restarts > 0 { Role::Warning } else { Role::Text }, restarts.to_string()),
    );
}

/// A command as one would type it: arguments with blanks in quotes.
pub fn command(container: &Value, pointer: &str) -> String {
    let words = list(container, pointer).iter().map(|word| {
        let word = scalar(word);
        if word.is_empty() || word.contains([' ', '\n', '"', '\'', '$', '`', ';', '|', '&', '<', '>']) {
            format!("'{}'", one_line(&word, 400).replace('\'', "'\\''"))
        } else {
            word
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// `cpu 20m, memory not set`: what is asked for or allowed, and which of the two that matter is not stated.
fn bounds(container: &Value, pointer: &str) -> Parts {
    if map(container, pointer).next().is_none() {
        return Parts::of(Role::Muted, "not set");
    }
    let mut line = Parts::default();
    let mut separator = "";
    for name in ["cpu", "memory"] {
        line = match plain(at(container, pointer), &format!("/{name}")) {
            unset if unset.is_empty() => line.and(Role::Muted, format!("{separator}{name} not set")),
            amount => line.and(Role::Text, format!("{separator}{name} {amount}")),
        };
        separator = ", ";
    }
    for (name, amount) in map(container, pointer).filter(|(name, _)| !matches!(name.as_str(), "cpu" | "memory")) {
        line = line.and(Role::Text, format!(", {name} {}", scalar(amount)));
    }
    line
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(container: Value, status: Option<&Value>) -> String {
        let mut page = Page::default();
        one(&mut page, &container, status, true, Time(1_795_406_481));
        let lines = page.finish();
        lines
            .iter()
            .map(crate::ui::widgets::StyledLine::text)
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn the_image_that_runs_is_told_where_it_is_another_than_the_one_asked_for() {
        for (wanted, runs, id, lines) in [
            ("app:2", "docker.io/library/app:2", "", "Image     app:2"),
            ("app:2", "app:1", "", "Image         app:2\nImage in use  app:1"),
            (
                "app:2",
                "sha256:9a36879e8ec4",
                "docker-pullable://app@sha256:9a36879e8ec46445ff8984b0",
                "Image     app:2\nImage id  sha256:9a36879e8ec4",
            ),
            ("app@sha256:9a36", "app@sha256:9a36", "app@sha256:9a36", "Image     app@sha256:9a36"),
        ] {
            let text = told(json!({"image": wanted}), Some(&json!({"image": runs, "imageID": id})));
            let image: Vec<_> = text.lines().filter(|line| line.starts_with("Image")).collect();
            assert_eq!(image.join("\n"), lines);
        }
    }

    #[test]
    fn what_is_not_stated_is_said_to_be_so() {
        let text = told(
            json!({"image": "a", "resources": {"limits": {"memory": "32Mi", "nvidia.com/gpu": 1}}}),
            None,
        );
        assert!(text.contains("Requests  not set"), "{text}");
        assert!(text.contains("Limits    cpu not set, memory 32Mi, nvidia.com/gpu 1"), "{text}");
    }

    #[test]
    fn the_last_run_and_the_one_before_are_told_apart() {
        let run = json!({"exitCode": 1, "reason": "Error"});
        let waiting = json!({"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": run}});
        let ended = json!({"state": {"terminated": run}, "lastState": {"terminated": run}});
        assert!(told(json!({}), Some(&waiting)).contains("Last run  Failed (exit code 1)"));
        assert!(told(json!({}), Some(&ended)).contains("Run before  Failed (exit code 1)"));
    }
}
