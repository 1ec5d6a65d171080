//! What may leave the process under `--read-only`: the one list, with which a test compares what has left it.
//!
//! A method alone proves nothing: a program in a container is started by a GET that becomes a WebSocket, and a dry run is a
//! PATCH. Logins (SSO, STS, exec plugins) are not requests to what is looked at, and are not listed.

/// Ways into pods and nodes, also by GET.
const DOORS: [&str; 5] = ["exec", "attach", "portforward", "proxy", "eviction"];

/// Asks whether one has a right; a POST that changes nothing.
const REVIEW: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/// Operations of CloudWatch Logs that read. Stopping a query ends our own.
pub const CLOUDWATCH: [&str; 7] = [
    "DescribeLogGroups",
    "DescribeLogStreams",
    "FilterLogEvents",
    "StartLiveTail",
    "StartQuery",
    "GetQueryResults",
    "StopQuery",
];

/// Queries of Prometheus that are long enough to be sent as a form.
const QUERIES: [&str; 4] = ["/api/v1/query", "/api/v1/query_range", "/api/v1/series", "/api/v1/labels"];

/// Whether a request to an API server reads: GET (which LIST and WATCH are), unless it becomes another protocol or goes through
/// a door; and the question for a right.
pub fn kubernetes(method: &str, path: &str, upgrade: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let is_door = path.split('/').any(|part| DOORS.contains(&part));
    match method {
        "GET" | "HEAD" => upgrade.is_empty() && !is_door,
        "POST" => path == REVIEW,
        _ => false,
    }
}

/// Whether a request to Prometheus, Alertmanager or a health check reads.
pub fn service(method: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    match method {
        "GET" | "HEAD" => true,
        "POST" => QUERIES.iter().any(|query| path.ends_with(query)),
        _ => false,
    }
}

/// Whether a request to CloudWatch Logs reads; `target` is its header: `Logs_20140328.FilterLogEvents`.
pub fn cloudwatch(target: &str) -> bool {
    target.split_once('.').is_some_and(|(_, operation)| CLOUDWATCH.contains(&operation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_is_told_from_what_only_looks_like_it() {
        for (method, path, upgrade, expected) in [
            ("GET", "/api/v1/pods?watch=1", "", true),
            ("GET", "/api/v1/namespaces/a/pods/exec", "", false),
            ("GET", "/api/v1/namespaces/a/pods/web/exec?command=sh", "websocket", false),
            ("GET", "/api/v1/namespaces/a/pods/web/log", "", true),
            ("GET", "/api/v1/namespaces/a/pods/web", "websocket", false),
            ("GET", "/api/v1/nodes/n/proxy/stats/summary", "", false),
            ("GET", "/api/v1/namespaces/a/pods/exec-web", "", true),
            ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "", true),
            ("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", "", false),
            ("POST", "/api/v1/namespaces/a/pods/web/eviction", "", false),
            ("PATCH", "/apis/apps/v1/namespaces/a/deployments/web?dryRun=All", "", false),
            ("DELETE", "/api/v1/namespaces/a/pods/web", "", false),
        ] {
            assert_eq!(kubernetes(method, path, upgrade), expected, "{method} {path} {upgrade}");
        }
        assert!(service("GET", "/api/v2/alerts") && service("POST", "/prefix/api/v1/query_range"));
        assert!(!service("POST", "/api/v2/silences") && !service("DELETE", "/api/v2/silence/1"));
        assert!(cloudwatch("Logs_20140328.FilterLogEvents"));
        assert!(!cloudwatch("Logs_20140328.DeleteLogGroup") && !cloudwatch(""));
    }
}
