//! The cluster's own workloads, as an EKS cluster has them in `kube-system`.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Environment;
use super::builder::{Seeder, days};
use super::template::{Container, Template};
use super::workload::{Deploy, Release};

/// The registry of EKS add-ons in the region.
const ECR: &str = "602401143452.dkr.ecr.eu-west-3.amazonaws.com/eks";

fn name_label(name: &str) -> Value {
    json!({"app.kubernetes.io/name": name})
}

fn everywhere() -> Value {
    json!([{"operator": "Exists"}])
}

impl Seeder<'_> {
    /// A deployment of one release.
    pub(super) fn simple(&mut self, namespace: &str, name: &str, selector: Value, replicas: usize, created: Timestamp, template: Template) {
        self.deployment(&Deploy {
            namespace,
            name,
            labels: selector.clone(),
            selector,
            replicas,
            created,
            revision: 1,
            releases: vec![Release {
                at: created,
                template,
                cause: None,
            }],
            fell: None,
        });
    }

    /// Puts the daemon sets of the cluster.
    pub fn system_daemons(&mut self, births: &[Timestamp]) {
        let created = self.ago(days(201, 77));
        let vpc = Template::new(
            name_label("aws-node"),
            vec![
                Container::new("aws-node", &format!("{ECR}/amazon-k8s-cni:v1.21.1-eksbuild.3"))
                    .port("metrics", 61678)
                    .field("MY_NODE_NAME", "spec.nodeName")
                    .requests("25m", "64Mi"),
                Container::new("aws-eks-nodeagent", &format!("{ECR}/aws-network-policy-agent:v1.3.0-eksbuild.1")).requests("25m", "32Mi"),
            ],
        );
        let vpc = vpc
            .account("aws-node")
            .with("hostNetwork", json!(true))
            .with("tolerations", everywhere());
        let vpc = vpc.with("priorityClassName", json!("system-node-critical"));
        self.daemon_set("kube-system", "aws-node", created, name_label("aws-node"), &vpc, births);
        let selector = json!({"k8s-app": "kube-proxy"});
        let proxy = Template::new(
            selector.clone(),
            vec![
                Container::new("kube-proxy", &format!("{ECR}/kube-proxy:v1.36.1-minimal-eksbuild.2"))
                    .command(&["kube-proxy", "--v=2", "--config=/var/lib/kube-proxy-config/config"])
                    .requests("100m", "64Mi")
                    .privileged(),
            ],
        );
        let proxy = proxy
            .account("kube-proxy")
            .with("hostNetwork", json!(true))
            .with("tolerations", everywhere());
        let proxy = proxy.with("priorityClassName", json!("system-node-critical"));
        self.daemon_set("kube-system", "kube-proxy", created, selector, &proxy, births);
        let selector = json!({"app": "ebs-csi-node"});
        let csi = Template::new(
            selector.clone(),
            vec![
                Container::new("ebs-plugin", &format!("{ECR}/aws-ebs-csi-driver:v1.52.1"))
                    .args(&["node", "--endpoint=$(CSI_ENDPOINT)", "--v=2"])
                    .port("healthz", 9808)
                    .requests("10m", "40Mi")
                    .limits("", "256Mi")
                    .privileged(),
                Container::new("node-driver-registrar", &format!("{ECR}/csi-node-driver-registrar:v2.15.0"))
                    .requests("10m", "40Mi")
                    .limits("", "256Mi"),
                Container::new("liveness-probe", &format!("{ECR}/livenessprobe:v2.17.0"))
                    .requests("10m", "40Mi")
                    .limits("", "256Mi"),
            ],
        );
        let csi = csi
            .account("ebs-csi")
            .with("tolerations", everywhere())
            .with("priorityClassName", json!("system-node-critical"));
        self.daemon_set("kube-system", "ebs-csi-node", created, selector, &csi, births);
        let fluent = Template::new(
            name_label("fluent-bit"),
            vec![
                Container::new("fluent-bit", "public.ecr.aws/aws-observability/aws-for-fluent-bit:3.0.0")
                    .field("HOST_NAME", "spec.nodeName")
                    .env("AWS_REGION", "eu-west-3")
                    .port("http", 2020)
                    .requests("100m", "100Mi")
                    .limits("", "200Mi")
                    .mount("varlog", "/var/log", true)
                    .mount("config", "/fluent-bit/etc", true),
            ],
        );
        let fluent = fluent.account("fluent-bit").with("tolerations", everywhere()).with(
            "volumes",
            json!([
                {"name": "varlog", "hostPath": {"path": "/var/log", "type": ""}},
                {"name": "config", "configMap": {"name": "fluent-bit", "defaultMode": 420}},
            ]),
        );
        self.daemon_set("kube-system", "fluent-bit", created, name_label("fluent-bit"), &fluent, births);
    }

    /// Puts the deployments of the cluster.
    pub fn system(&mut self) {
        let created = self.ago(days(34, 400));
        let two = if self.environment == Environment::Development { 1 } else { 2 };
        let critical = |template: Template| template.with("priorityClassName", json!("system-cluster-critical"));
        let dns = json!({"k8s-app": "kube-dns", "eks.amazonaws.com/component": "coredns"});
        let coredns = Container::new("coredns", &format!("{ECR}/coredns:v1.13.1-eksbuild.1"))
            .args(&["-conf", "/etc/coredns/Corefile"])
            .port("dns-tcp", 53)
            .port("metrics", 9153)
            .port("ready", 8181)
            .requests("100m", "70Mi")
            .limits("", "170Mi")
            .probes("/ready", "/health", "8181")
            .mount("config-volume", "/etc/coredns", true);
        let coredns = Template::new(dns.clone(), vec![coredns]).account("coredns").spread("k8s-app", "kube-dns").with(
            "volumes",
            json!([{"name": "config-volume", "configMap": {"name": "coredns", "defaultMode": 420, "items": [{"key": "Corefile", "path": "Corefile"}]}}]),
        );
        self.simple("kube-system", "coredns", dns, 2, created, critical(coredns));
        let metrics = Container::new("metrics-server", &format!("{ECR}/metrics-server:v0.8.0-eksbuild.3"))
            .args(&[
                "--secure-port=10251",
                "--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname",
                "--metric-resolution=15s",
            ])
            .port("https", 10251)
            .requests("100m", "200Mi")
            .limits("", "400Mi")
            .unprivileged();
        let metrics = Template::new(name_label("metrics-server"), vec![metrics]).account("metrics-server");
        self.simple(
            "kube-system",
            "metrics-server",
            name_label("metrics-server"),
            two,
            created,
            critical(metrics),
        );
        let balancer = Container::new(
            "aws-load-balancer-controller",
            "public.ecr.aws/eks/aws-load-balancer-controller:v2.14.1",
        )
        .args(&[&format!("--cluster-name=solia-{}", self.environment.short()), "--ingress-class=alb"])
        .port("webhook-server", 9443)
        .port("metrics-server", 8080)
        .requests("100m", "128Mi")
        .limits("", "256Mi")
        .unprivileged();
        let balancer = Template::new(name_label("aws-load-balancer-controller"), vec![balancer]).account("aws-load-balancer-controller");
        self.simple(
            "kube-system",
            "aws-load-balancer-controller",
            name_label("aws-load-balancer-controller"),
            two,
            created,
            critical(balancer),
        );
        let part = |name: &str, image: &str| {
            Container::new(name, &format!("{ECR}/{image}"))
                .requests("10m", "40Mi")
                .limits("", "256Mi")
                .unprivileged()
        };
        let csi = Template::new(
            json!({"app": "ebs-csi-controller"}),
            vec![
                part("ebs-plugin", "aws-ebs-csi-driver:v1.52.1"),
                part("csi-provisioner", "csi-provisioner:v5.3.0"),
                part("csi-attacher", "csi-attacher:v4.10.0"),
            ],
        );
        let csi = csi.account("ebs-csi");
        self.simple(
            "kube-system",
            "ebs-csi-controller",
            json!({"app": "ebs-csi-controller"}),
            two,
            created,
            critical(csi),
        );
        let secrets = Container::new(
            "external-secrets",
            "oci.external-secrets.io/external-secrets/external-secrets:v1.0.0",
        )
        .args(&["--concurrent=1", "--loglevel=info"])
        .port("metrics", 8080)
        .requests("50m", "128Mi")
        .limits("", "256Mi")
        .unprivileged();
        let secrets = Template::new(name_label("external-secrets"), vec![secrets]).account("external-secrets");
        self.simple(
            "kube-system",
            "external-secrets",
            name_label("external-secrets"),
            1,
            created,
            secrets,
        );
        self.autoscaler_deployment(created);
        let label = ("k8s-app", "kube-dns");
        let ports = [
            ("dns", 53, "53", "UDP"),
            ("dns-tcp", 53, "53", "TCP"),
            ("metrics", 9153, "9153", "TCP"),
        ];
        self.service_at("kube-system", "kube-dns", self.ago(days(214, 90)), label, &ports, "172.20.0.10");
        let label = ("app.kubernetes.io/name", "metrics-server");
        self.service(
            "kube-system",
            "metrics-server",
            created,
            label,
            &[("https", 443, "https", "TCP")],
            false,
        );
        let label = ("app.kubernetes.io/name", "aws-load-balancer-controller");
        let ports = [("webhook-server", 443, "webhook-server", "TCP")];
        self.service("kube-system", "aws-load-balancer-webhook-service", created, label, &ports, false);
    }

    /// The autoscaler lost its lease once: the restart that every real cluster has somewhere.
    fn autoscaler_deployment(&mut self, created: Timestamp) {
        let most = if self.environment == Environment::Production { 6 } else { 3 };
        let selector = json!({"app": "cluster-autoscaler"});
        let container = Container::new("cluster-autoscaler", "registry.k8s.io/autoscaling/cluster-autoscaler:v1.36.0")
            .command(&[
                "./cluster-autoscaler",
                "--cloud-provider=aws",
                "--expander=least-waste",
                &format!("--nodes=2:{most}:solia-{}-general", self.environment.short()),
            ])
            .port("metrics", 8085)
            .requests("100m", "300Mi")
            .limits("", "600Mi")
            .unprivileged();
        let template = Template::new(selector.clone(), vec![container])
            .account("cluster-autoscaler")
            .with("priorityClassName", json!("system-cluster-critical"));
        let fell = self.ago(days(11, 203));
        self.deployment(&Deploy {
            namespace: "kube-system",
            name: "cluster-autoscaler",
            labels: selector.clone(),
            selector,
            replicas: 1,
            created,
            revision: 1,
            releases: vec![Release {
                at: created + SignedDuration::from_secs(1),
                template,
                cause: None,
            }],
            fell: Some((fell, 255, "Error")),
        });
    }
}
