//! Lines as a platform writes them: pino, plain, logfmt, klog, access lines; about 150 bytes each, one in two hundred of
//! them with a secret in it, a third of them with an address or a word in it that could be one.

use std::fmt::Write as _;

/// A number that looks random and is the same in every run.
fn scatter(n: u64) -> u64 {
    let mut x = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// So many lines, each with the stamp of the kubelet before it if asked for.
pub fn sample(lines: u64, stamped: bool) -> String {
    let mut out = String::with_capacity(lines as usize * 190);
    for i in 0..lines {
        if stamped {
            let (second, nanos) = (i / 100 % 60, scatter(i) % 1_000_000_000);
            let _ = write!(
                out,
                "2026-11-28T{:02}:{:02}:{second:02}.{nanos:09}Z ",
                i / 360_000 % 24,
                i / 6_000 % 60
            );
        }
        line(&mut out, i);
        out.push('\n');
    }
    out
}

/// Fields of a formatted string may be many; the results of writing to a string are always fine.
fn line(out: &mut String, i: u64) {
    let r = scatter(i);
    let (id, ms) = (r % 100_000, r >> 8 & 0x1ff);
    let trace = format!("{:016x}{:016x}", r, scatter(r));
    let _ = match (i % 200, i % 8) {
        (77, _) => write!(
            out,
            r#"{{"level":40,"time":{},"pid":1,"hostname":"backend-7d9f8b6c5-x2x4z","msg":"retry","url":"amqp://app:s3cr3t{id}@rabbit:5672/solia"}}"#,
            1_795_834_800_000 + i
        ),
        (_, 0) => write!(
            out,
            r#"{{"level":30,"time":{},"pid":1,"hostname":"backend-7d9f8b6c5-x2x4z","traceId":"{trace}","msg":"order {id} accepted","ms":{ms}}}"#,
            1_795_834_800_000 + i
        ),
        (_, 1) => write!(
            out,
            r#"10.0.{}.{} - - [28/Nov/2026:03:00:00 +0000] "GET /api/items/{id}?page=2 HTTP/1.1" {} {} "https://shop.solia.example/items" "Mozilla/5.0 (X11; Linux x86_64)""#,
            r % 8,
            r >> 9 & 0xff,
            if r.is_multiple_of(50) { 502 } else { 200 },
            ms * 7
        ),
        (_, 2) => write!(
            out,
            "2026-11-28 03:00:00.000  INFO 1 --- [nio-8080-exec-{}] c.solia.orders.OrderController           : order {id} of customer {} confirmed after {ms} ms, {} positions",
            r & 7,
            r % 977,
            r % 12
        ),
        (_, 3) => write!(
            out,
            r#"time="2026-11-28T03:00:00Z" level=info msg="reconciled deployment" controller=orders namespace=solia name=backend generation={id} duration={ms}ms caller=reconcile.go:{}"#,
            r % 400
        ),
        (_, 4) => write!(
            out,
            "I1128 03:00:00.{:06}       1 controller.go:{}] \"Synced\" service=\"solia/backend\" endpoints={} elapsed=\"{ms}ms\" revision={id} shard={trace}",
            r % 1_000_000,
            r % 900,
            r % 40
        ),
        (_, 5) => write!(
            out,
            r#"{{"time":"2026-11-28T03:00:00.000Z","level":"{}","logger":"http","method":"POST","path":"/v1/orders/{id}","status":201,"duration_ms":{ms},"request_id":"{}-{id}"}}"#,
            if r.is_multiple_of(40) { "error" } else { "info" },
            &trace[..8]
        ),
        (_, 6) => write!(
            out,
            "2026-11-28 03:00:00.000 UTC [{}] LOG:  duration: {ms}.{:03} ms  execute fetch: SELECT id, state, total FROM orders WHERE customer_id = $1 ORDER BY created DESC LIMIT 50",
            r % 900,
            r % 1000
        ),
        _ => write!(
            out,
            "[2026-11-28T03:00:00.000Z] worker {} took job {id} (attempt {}) from queue mail.outbound; session key rotation is due in {ms} s, cache hit ratio 0.{}",
            r % 16,
            r % 3,
            r % 100
        ),
    };
}
