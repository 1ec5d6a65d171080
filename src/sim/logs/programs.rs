//! The programs that others have written, by what they say: a table of sayings, each with how often it is said.

use jiff::Timestamp;

use super::Second;
use super::dice::{Dice, hash};
use super::people;
use crate::sim::world::Run;

/// What a program says.
#[derive(Debug)]
pub(super) struct Chatter {
    image: &'static str,
    start: &'static [&'static str],
    /// Times a minute, and what is said. `{…}` is filled in, see [`fill`].
    sayings: &'static [(f64, &'static str)],
    pub goodbye: Option<&'static str>,
}

/// The program of this image.
pub(super) fn named(image: &str) -> Option<&'static Chatter> {
    PROGRAMS.iter().find(|program| program.image == image)
}

const PROGRAMS: &[Chatter] = &[
    Chatter {
        image: "prometheus",
        start: &[
            "time={time} level=INFO source=main.go:1491 msg=\"Loading configuration file\" filename=/etc/prometheus/prometheus.yml",
            "time={time} level=INFO source=main.go:1310 msg=\"Server is ready to receive web requests.\"",
        ],
        sayings: &[
            (
                0.5,
                "time={time} level=INFO source=head.go:1357 msg=\"WAL checkpoint complete\" component=tsdb first={n} last={n} duration={ms}ms",
            ),
            (
                0.5,
                "time={time} level=INFO source=compact.go:731 msg=\"write block\" component=tsdb mint={n} maxt={n} ulid=01K{hex} duration={ms}ms",
            ),
            (
                0.3,
                "time={time} level=WARN source=scrape.go:2044 msg=\"Error on ingesting samples with different value but same timestamp\" component=\"scrape manager\" scrape_pool=node-exporter num_dropped=2",
            ),
        ],
        goodbye: Some("time={time} level=INFO source=main.go:1346 msg=\"See you next time!\""),
    },
    Chatter {
        image: "alertmanager",
        start: &[
            "time={time} level=INFO source=coordinator.go:112 msg=\"Loading configuration file\" component=configuration file=/etc/alertmanager/alertmanager.yml",
            "time={time} level=INFO source=tls_config.go:354 msg=\"Listening on\" address=[::]:9093",
        ],
        sayings: &[(
            0.07,
            "time={time} level=INFO source=nflog.go:552 msg=\"Maintenance done\" component=nflog duration={ms}ms size={n}",
        )],
        goodbye: Some("time={time} level=INFO source=main.go:610 msg=\"Received SIGTERM, exiting gracefully...\""),
    },
    Chatter {
        image: "grafana",
        start: &["logger=http.server t={time} level=info msg=\"HTTP Server Listen\" address=[::]:3000 protocol=http"],
        sayings: &[
            (
                2.0,
                "logger=context userId=1 orgId=1 uname=oncall t={time} level=info msg=\"Request Completed\" method=POST path=/api/ds/query status=200 remote_addr={ip} time_ms={ms}",
            ),
            (
                0.1,
                "logger=cleanup t={time} level=info msg=\"Completed cleanup jobs\" duration={ms}ms",
            ),
        ],
        goodbye: Some("logger=server t={time} level=info msg=\"Shutdown started\" reason=\"System signal: terminated\""),
    },
    Chatter {
        image: "kube-state-metrics",
        start: &["{klog} server.go:118] \"Used resources\" resources=[\"deployments\",\"pods\",\"nodes\"]"],
        sayings: &[(
            0.02,
            "{klog} builder.go:292] \"Active resources\" activeStoreNames=\"deployments,nodes,pods\"",
        )],
        goodbye: None,
    },
    Chatter {
        image: "node-exporter",
        start: &["time={time} level=INFO source=tls_config.go:347 msg=\"Listening on\" address=[::]:9100"],
        sayings: &[(
            0.05,
            "time={time} level=ERROR source=collector.go:168 msg=\"collector failed\" name=nfsd duration_seconds=0.00{ms} err=\"no data\"",
        )],
        goodbye: None,
    },
    Chatter {
        image: "postgres-exporter",
        start: &[
            "time={time} level=INFO source=main.go:86 msg=\"Excluded databases\" databases=[rdsadmin]",
            "time={time} level=INFO source=tls_config.go:347 msg=\"Listening on\" address=[::]:9187",
        ],
        sayings: &[
            (
                4.0,
                "time={time} level=INFO source=postgres_exporter.go:693 msg=\"Established new database connection\" fingerprint=postgres:5432",
            ),
            (
                0.2,
                "time={time} level=INFO source=server.go:74 msg=\"Semantic version changed\" server=postgres:5432 from=0.0.0 to=16.8.0",
            ),
        ],
        goodbye: None,
    },
    Chatter {
        image: "redis_exporter",
        start: &["time=\"{time}\" level=info msg=\"Providing metrics at :9121/metrics\""],
        sayings: &[(1.0, "time=\"{time}\" level=info msg=\"scrape of redis://redis:6379 took {ms}ms\"")],
        goodbye: None,
    },
    Chatter {
        image: "aws-for-fluent-bit",
        start: &[
            "Fluent Bit v4.1.1",
            "[{slash}] [ info] [output:cloudwatch_logs:cloudwatch_logs.0] initialized, region=eu-west-3",
        ],
        sayings: &[
            (
                3.0,
                "[{slash}] [ info] [output:cloudwatch_logs:cloudwatch_logs.0] Sent {n} events to CloudWatch",
            ),
            (
                1.0,
                "[{slash}] [ info] [input:tail:tail.0] inotify_fs_add(): inode={n} watch_fd={ms} name=/var/log/containers/backend.log",
            ),
            (
                0.1,
                "[{slash}] [ warn] [engine] failed to flush chunk '1-{n}.{n}.flb', retry in {ms} seconds: task_id=3, input=tail.0 > output=cloudwatch_logs.0",
            ),
        ],
        goodbye: Some("[{slash}] [engine] caught signal (SIGTERM)"),
    },
    Chatter {
        image: "coredns",
        start: &[
            ".:53",
            "[INFO] plugin/reload: Running configuration SHA512 = 8a7d59126e7f114ab49c6d2613be93d8ef7d408af8ee61a710210843dc409f03",
            "CoreDNS-1.13.1",
        ],
        sayings: &[
            (
                0.3,
                "[ERROR] plugin/errors: 2 quotes.example.com. AAAA: read udp {ip}:{n}->10.0.0.2:53: i/o timeout",
            ),
            (0.1, "[INFO] plugin/reload: Running configuration unchanged"),
        ],
        goodbye: Some("[INFO] SIGTERM: Shutting down servers then terminating"),
    },
    Chatter {
        image: "amazon-k8s-cni",
        start: &[
            "Installed /host/opt/cni/bin/aws-cni",
            "time=\"{time}\" level=info msg=\"Starting IPAM daemon... \"",
        ],
        sayings: &[(
            0.5,
            "{\"level\":\"info\",\"ts\":\"{time}\",\"caller\":\"ipamd/ipamd.go:712\",\"msg\":\"IP pool stats: Total IPs/Prefixes = 29/0, AssignedIPs/CooldownIPs: {n}/0\"}",
        )],
        goodbye: None,
    },
    Chatter {
        image: "aws-network-policy-agent",
        start: &["{\"level\":\"info\",\"ts\":\"{time}\",\"msg\":\"Starting manager\"}"],
        sayings: &[(
            0.2,
            "{\"level\":\"info\",\"ts\":\"{time}\",\"caller\":\"controllers/policyendpoints_controller.go:146\",\"msg\":\"Received a new reconcile request\",\"req\":\"default/backend-ingress-{hex}\"}",
        )],
        goodbye: None,
    },
    Chatter {
        image: "kube-proxy",
        start: &[
            "{klog} server.go:234] \"Running on linux\"",
            "{klog} shared_informer.go:377] \"Caches are synced\" controller=\"service config\"",
        ],
        sayings: &[(0.1, "{klog} proxier.go:824] \"SyncProxyRules complete\" elapsed=\"{ms}ms\"")],
        goodbye: None,
    },
    Chatter {
        image: "aws-ebs-csi-driver",
        start: &[
            "{klog} main.go:157] \"Initializing metadata\"",
            "{klog} driver.go:155] \"Listening for connections\" address=\"/csi/csi.sock\"",
        ],
        sayings: &[(0.05, "{klog} node.go:1001] \"NodeGetVolumeStats: called\" args=\"vol-0{hex}\"")],
        goodbye: None,
    },
    Chatter {
        image: "csi-node-driver-registrar",
        start: &["{klog} main.go:150] \"Starting Registration Server\" socketPath=\"/registration/ebs.csi.aws.com-reg.sock\""],
        sayings: &[],
        goodbye: None,
    },
    Chatter {
        image: "livenessprobe",
        start: &["{klog} main.go:133] \"ServeMux listening\" address=\"0.0.0.0:9808\""],
        sayings: &[],
        goodbye: None,
    },
    Chatter {
        image: "csi-provisioner",
        start: &[
            "{klog} csi-provisioner.go:171] \"Version\" version=\"v5.3.0\"",
            "{klog} leaderelection.go:271] successfully acquired lease kube-system/ebs-csi-aws-com",
        ],
        sayings: &[(
            0.05,
            "{klog} reflector.go:946] \"Watch close\" type=\"*v1.StorageClass\" totalItems={ms}",
        )],
        goodbye: None,
    },
    Chatter {
        image: "csi-attacher",
        start: &["{klog} main.go:110] \"Version\" version=\"v4.10.0\""],
        sayings: &[(
            0.05,
            "{klog} reflector.go:946] \"Watch close\" type=\"*v1.VolumeAttachment\" totalItems={ms}",
        )],
        goodbye: None,
    },
    Chatter {
        image: "metrics-server",
        start: &[
            "{klog} serving.go:380] Generated self-signed cert (apiserver.local.config/certificates/apiserver.crt, apiserver.local.config/certificates/apiserver.key)",
            "{klog} secure_serving.go:211] Serving securely on [::]:10251",
        ],
        sayings: &[(
            0.02,
            "{klog} configmap_cafile_content.go:243] \"key failed with\" err=\"missing content for CA bundle\"",
        )],
        goodbye: None,
    },
    Chatter {
        image: "aws-load-balancer-controller",
        start: &[
            "{\"level\":\"info\",\"ts\":\"{time}\",\"msg\":\"version\",\"GitVersion\":\"v2.14.1\"}",
            "{\"level\":\"info\",\"ts\":\"{time}\",\"logger\":\"controller-runtime.webhook\",\"msg\":\"Serving webhook server\",\"host\":\"\",\"port\":9443}",
        ],
        sayings: &[(
            0.1,
            "{\"level\":\"info\",\"ts\":\"{time}\",\"logger\":\"controllers.ingress\",\"msg\":\"successfully deployed model\",\"ingressGroup\":\"solia\"}",
        )],
        goodbye: None,
    },
    Chatter {
        image: "external-secrets",
        start: &["{\"level\":\"info\",\"ts\":\"{time}\",\"logger\":\"setup\",\"msg\":\"starting manager\"}"],
        sayings: &[(
            0.05,
            "{\"level\":\"info\",\"ts\":\"{time}\",\"logger\":\"controllers.ExternalSecret\",\"msg\":\"reconciled secret\",\"ExternalSecret\":{\"name\":\"backend-secrets\",\"namespace\":\"default\"}}",
        )],
        goodbye: None,
    },
    Chatter {
        image: "cluster-autoscaler",
        start: &[
            "{klog} main.go:654] Cluster Autoscaler 1.36.0",
            "{klog} leaderelection.go:271] successfully acquired lease kube-system/cluster-autoscaler",
        ],
        sayings: &[
            (6.0, "{klog} static_autoscaler.go:294] Starting main loop"),
            (6.0, "{klog} static_autoscaler.go:593] Calculating unneeded nodes"),
            (
                1.0,
                "{klog} pre_filtering_processor.go:67] Skipping node - node group min size reached",
            ),
        ],
        goodbye: None,
    },
];

impl Chatter {
    /// Whether it says nothing once it has started.
    pub fn is_quiet(&self) -> bool {
        self.sayings.is_empty()
    }

    pub fn banner(&self, run: &Run) -> Vec<(i64, String)> {
        let line = |(i, text): (usize, &&str)| {
            let ms = 350 + 420 * i64::try_from(i).unwrap_or(0);
            let at = run.started + jiff::SignedDuration::from_millis(ms);
            (ms, self.fill_at(run, at, text))
        };
        self.start.iter().enumerate().map(line).collect()
    }

    pub fn second(&self, second: &mut Second<'_>) {
        for (per_minute, text) in self.sayings {
            if second.dice.chance(per_minute / 60.0) {
                let at = second.time();
                let text = fill(text, at, &mut second.dice);
                second.write_at(at, text);
            }
        }
    }

    /// Fills in a line that stands alone.
    pub fn fill_at(&self, run: &Run, at: Timestamp, text: &str) -> String {
        fill(text, at, &mut Dice::new(hash(&run.id), at.as_millisecond()))
    }
}

/// Fills in a time in one of the usual forms, an address, numbers, digits. Other braces stay.
fn fill(text: &str, at: Timestamp, dice: &mut Dice) -> String {
    let mut filled = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        filled.push_str(before);
        let close = from.find('}').unwrap_or(0);
        let value = match from.get(1..close).unwrap_or_default() {
            "time" => Some(at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()),
            "klog" => Some(format!("I{}       1", at.strftime("%m%d %H:%M:%S.%6f"))),
            "slash" => Some(at.strftime("%Y/%m/%d %H:%M:%S").to_string()),
            "ip" => Some(people::ip(dice)),
            "n" => Some((10 + dice.below(90_000)).to_string()),
            "ms" => Some((1 + dice.below(60)).to_string()),
            "hex" => Some(dice.hex(12)),
            _ => None,
        };
        match value {
            Some(value) => {
                filled.push_str(&value);
                rest = from.get(close + 1..).unwrap_or_default();
            }
            None => {
                filled.push('{');
                rest = from.get(1..).unwrap_or_default();
            }
        }
    }
    filled.push_str(rest);
    filled
}
