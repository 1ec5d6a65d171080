//! The ids by which one request is followed through the lines of many programs.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What an id names. Ordered: the first is the best to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdKind {
    /// A trace: all that was done for one request, in all programs.
    Trace,
    /// A request, or what correlates its parts.
    Request,
    /// A UUID that the line does not name.
    Uuid,
}

impl IdKind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Request => "request",
            Self::Uuid => "uuid",
        }
    }
}

/// An id in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Id {
    /// Where it stands, without its name and quotes.
    pub range: Range<usize>,
    /// Where the part of it is that other programs repeat: the trace id of a `traceparent`, which has more in it.
    pub follow: Range<usize>,
    pub kind: IdKind,
}

impl Id {
    /// What to look for in the other lines. `line` is the one it was found in.
    pub fn text<'a>(&self, line: &'a str) -> &'a str {
        line.get(self.follow.clone()).unwrap_or_default()
    }
}

/// How far into a line ids are looked for (bytes): they stand in its fields, not in what it carries.
const FAR: usize = 16 << 10;

/// The ids of a line, in the order they stand in it; each once.
pub fn ids(line: &str) -> Vec<Id> {
    let head = (0..=FAR.min(line.len())).rev().find_map(|end| line.get(..end)).unwrap_or_default();
    let mut found: Vec<Id> = Vec::new();
    for (kind, rule) in RULES.iter() {
        for captures in rule.captures_iter(head) {
            let Some(id) = read(*kind, &captures) else { continue };
            let fits = is_worth(id.text(head)) && !found.iter().any(|other| overlap(&other.range, &id.range));
            let known = found.iter().any(|other| other.text(head) == id.text(head));
            if fits && !known {
                found.push(id);
            }
        }
    }
    found.sort_by_key(|id| id.range.start);
    found
}

/// The id that leads furthest: a trace before a request before a bare UUID; among equals the first.
pub fn best(found: &[Id]) -> Option<&Id> {
    found.iter().min_by_key(|id| id.kind)
}

fn read(kind: IdKind, captures: &Captures) -> Option<Id> {
    let follow = captures.name("id")?.range();
    let range = captures.name("all").map_or(follow.clone(), |all| all.range());
    Some(Id { range, follow, kind })
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// Zeros, words for nothing and short numbers lead nowhere.
fn is_worth(id: &str) -> bool {
    id.len() >= 4 && id.bytes().any(|b| b.is_ascii_digit()) && !id.bytes().all(|b| matches!(b, b'0' | b'-'))
}

/// What is looked for; where two overlap the first has it.
static RULES: LazyLock<Vec<(IdKind, Regex)>> = LazyLock::new(|| {
    let named = |names: &str| {
        format!(r#"(?i)(?:^|[^a-z0-9])(?:{names})\\*["']?(?:\s*[:=]\s*|\s+)\\*["']?(?P<id>[a-z0-9][a-z0-9._:/+=@-]{{2,126}}[a-z0-9=])"#)
    };
    [
        // AWS X-Ray: version, time, 96 bits. https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html
        (IdKind::Trace, r"\b(?P<id>1-[0-9a-f]{8}-[0-9a-f]{24})\b".to_owned()),
        // W3C Trace Context: version, trace id, parent id, flags. https://www.w3.org/TR/trace-context/#traceparent-header
        (
            IdKind::Trace,
            r"\b(?P<all>[0-9a-f]{2}-(?P<id>[0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2})\b".to_owned(),
        ),
        // Google Cloud: `projects/p/traces/ID`.
        (
            IdKind::Trace,
            r"\b(?P<all>projects/[\w.-]+/traces/(?P<id>[0-9a-f]{32}))\b".to_owned(),
        ),
        // OpenTelemetry, B3, Datadog and the hand-made ones.
        (
            IdKind::Trace,
            named(r"trace[._ -]?id|x-b3-traceid|x-datadog-trace-id|dd\.trace_id|otelTraceID|trace\.id"),
        ),
        (
            IdKind::Request,
            named(r"(?:x-(?:amzn-)?|aws[._-]?|amzn[._-]?)?(?:request|req)[._ -]?id|http\.request\.id"),
        ),
        (IdKind::Request, named(r"(?:x-)?correlation[._ -]?id")),
        // pino-http: `"req":{"id":"…"`.
        (
            IdKind::Request,
            r#""req(?:uest)?"\s*:\s*\{\s*"id"\s*:\s*"(?P<id>[\w.:/+=@-]{4,128})""#.to_owned(),
        ),
        (
            IdKind::Uuid,
            r"(?i)\b(?P<id>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b".to_owned(),
        ),
    ]
    .into_iter()
    .filter_map(|(kind, pattern)| Some((kind, Regex::new(&pattern).ok()?)))
    .collect()
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const XRAY: &str = "1-5759e988-bd862e3fe1be46a994272793";
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const UUID: &str = "6f1c2b1a-9d3e-4c55-8a51-0b1c2d3e4f50";

    fn found(line: &str) -> Vec<(IdKind, &str)> {
        ids(line).iter().map(|id| (id.kind, id.text(line))).collect()
    }

    #[test]
    fn ids_are_found_in_all_the_places_where_programs_write_them() {
        for (line, want) in [
            (format!("GET / trace={XRAY} ok"), vec![(IdKind::Trace, XRAY)]),
            (
                format!("X-Amzn-Trace-Id: Root={XRAY};Parent=53995c3f42cd8ad8;Sampled=1"),
                vec![(IdKind::Trace, XRAY)],
            ),
            (format!("traceparent: 00-{TRACE}-00f067aa0ba902b7-01"), vec![(IdKind::Trace, TRACE)]),
            (
                format!(r#"{{"level":30,"trace_id":"{TRACE}","span_id":"00f067aa0ba902b7"}}"#),
                vec![(IdKind::Trace, TRACE)],
            ),
            (
                format!(r#"{{"traceId":"{TRACE}","requestId":"req-17"}}"#),
                vec![(IdKind::Trace, TRACE), (IdKind::Request, "req-17")],
            ),
            (format!("level=info trace_id={TRACE} msg=x"), vec![(IdKind::Trace, TRACE)]),
            (
                format!(r#"{{"logging.googleapis.com/trace":"projects/p-1/traces/{TRACE}"}}"#),
                vec![(IdKind::Trace, TRACE)],
            ),
            (format!("START RequestId: {UUID} Version: $LATEST"), vec![(IdKind::Request, UUID)]),
            (format!("x-request-id={UUID}"), vec![(IdKind::Request, UUID)]),
            (format!("[request_id: {UUID}] done"), vec![(IdKind::Request, UUID)]),
            (format!("request id {UUID} done"), vec![(IdKind::Request, UUID)]),
            (
                format!(r#"{{"m":"{{\"correlationId\":\"{UUID}\"}}"}}"#),
                vec![(IdKind::Request, UUID)],
            ),
            (
                r#"{"req":{"id":"k3-9","method":"GET"}}"#.to_owned(),
                vec![(IdKind::Request, "k3-9")],
            ),
            (
                "dd.trace_id=5759988123 dd.span_id=1".to_owned(),
                vec![(IdKind::Trace, "5759988123")],
            ),
            (format!("order {UUID} shipped"), vec![(IdKind::Uuid, UUID)]),
            (format!("{UUID} {UUID}"), vec![(IdKind::Uuid, UUID)]),
        ] {
            assert_eq!(found(&line), want, "{line}");
        }
    }

    #[test]
    fn what_leads_nowhere_is_no_id() {
        for line in [
            "requestId=null",
            "trace_id=- x",
            "trace_id=00000000000000000000000000000000",
            r#"{"reqId":1}"#,
            "the request id is missing",
            "00-00000000000000000000000000000000-0000000000000000-00",
            "unrequestid=abc123",
            "plain",
            "",
        ] {
            assert_eq!(found(line), [], "{line}");
        }
    }

    #[test]
    fn the_place_is_the_whole_id_and_the_best_leads_furthest() {
        let line = format!("{UUID} request_id=r-123 00-{TRACE}-00f067aa0ba902b7-01");
        let all = ids(&line);
        assert_eq!(best(&all).map(|id| id.text(&line)), Some(TRACE));
        assert_eq!(all.last().map(|id| id.range.len()), Some(55));
        assert_eq!(RULES.len(), 8, "every pattern compiles");
    }

    proptest! {
        #[test]
        fn ids_stand_in_order_and_apart(pieces in prop::collection::vec(prop::sample::select(vec![
            XRAY, UUID, TRACE, "trace_id=", "requestId\":\"", " ", "\"", "00-", "-00f067aa0ba902b7-01", "é", "x",
        ]), 0..10)) {
            let line = pieces.concat();
            let all = ids(&line);
            prop_assert!(all.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start));
            for id in &all {
                prop_assert!(line.get(id.range.clone()).is_some() && !id.text(&line).is_empty());
            }
        }
    }
}
