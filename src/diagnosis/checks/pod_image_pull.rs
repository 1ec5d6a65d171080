//! An image cannot be had: no such tag, no right to it, no way to the registry, or never to be pulled.

use crate::diagnosis::fault::Fault;
use crate::diagnosis::group::groups;
use crate::diagnosis::sight::Sight;
use crate::model::Finding;

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let found = groups(sight, |fault| fault == Fault::ImagePull).into_iter().map(|group| {
        let lead = group.lead;
        let image = lead.container.map(|c| &*c.image).unwrap_or_default();
        let why = why(lead.events.iter().map(|e| &*e.message));
        let phrase = group.phrase(&format!("cannot get image {image}"), &format!("cannot get image {image}"));
        let mut finding = group.finding(sight, group.severity(), format!("{phrase}{why}"));
        finding.evidence.extend(lead.event_evidence(2));
        finding.evidence.extend(lead.waiting_evidence());
        finding
    });
    found.collect()
}

/// The reason in a few words, where the registry's answer is one of the usual ones.
fn why<'a>(messages: impl Iterator<Item = &'a str>) -> String {
    const ANSWERS: [(&str, &str); 10] = [
        ("not found", "no such image or tag"),
        ("manifest unknown", "no such tag"),
        ("does not exist", "no such image, or no right to it"),
        ("unauthorized", "not allowed: are the pull credentials right?"),
        ("denied", "not allowed: are the pull credentials right?"),
        ("forbidden", "not allowed: are the pull credentials right?"),
        ("toomanyrequests", "the registry's rate limit is reached"),
        ("no such host", "the registry's name does not resolve"),
        ("connection refused", "the registry refuses connections"),
        ("timeout", "the registry does not answer"),
    ];
    let mut never = false;
    for message in messages {
        let lower = message.to_lowercase();
        if let Some((_, words)) = ANSWERS.iter().find(|(answer, _)| lower.contains(answer)) {
            return format!(" · {words}");
        }
        never |= lower.contains("pull policy of never") || lower.contains("errimageneverpull");
    }
    if never {
        return " · it is not on the node, and may not be pulled".to_owned();
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registrys_answer_is_told_in_a_few_words() {
        for (message, words) in [
            (
                r#"Failed to pull image "x": rpc error: code = NotFound desc = failed to resolve reference: not found"#,
                " · no such image or tag",
            ),
            (
                "dial tcp 127.0.0.1:5999: connect: connection refused",
                " · the registry refuses connections",
            ),
            (
                r#"Container image "solia.local/none:1" is not present with pull policy of Never"#,
                " · it is not on the node, and may not be pulled",
            ),
            ("Error: ImagePullBackOff", ""),
        ] {
            assert_eq!(why([message].into_iter()), words, "{message}");
        }
    }
}
