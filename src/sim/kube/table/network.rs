//! Services, endpoints, ingresses, network policies.

use serde_json::{Value, json};

use super::text::{NONE, items, labels, number, or, or_none, selector, some, text};
use super::{AGE, Cells, Context, Known, NAME, age, name};

/// How many addresses, ports or hosts a cell tells.
const SHOWN: usize = 3;

pub fn known(shelf: &str) -> Option<(Vec<Known>, Cells)> {
    Some(match shelf {
        "services" => (
            vec![
                NAME,
                ("Type", "string", "How the service is exposed.", 0),
                ("Cluster-IP", "string", "The IP address of the service.", 0),
                ("External-IP", "string", "Where it is reached from outside.", 0),
                ("Port(s)", "string", "The ports that are exposed.", 0),
                AGE,
                ("Selector", "string", "The labels of the pods behind it.", 1),
            ],
            service,
        ),
        "endpoints" => (
            vec![NAME, ("Endpoints", "string", "The addresses that are ready, with ports.", 0), AGE],
            endpoints,
        ),
        "endpointslices" => (
            vec![
                NAME,
                ("AddressType", "string", "The kind of addresses in this slice.", 0),
                ("Ports", "string", "The ports of each endpoint.", 0),
                ("Endpoints", "string", "The addresses.", 0),
                AGE,
            ],
            slice,
        ),
        "ingresses" => (
            vec![
                NAME,
                ("Class", "string", "The name of the IngressClass resource that should be used.", 0),
                (
                    "Hosts",
                    "string",
                    "Hosts that incoming requests are matched against before the ingress rule",
                    0,
                ),
                (
                    "Address",
                    "string",
                    "Address is a list containing ingress points for the load-balancer",
                    0,
                ),
                ("Ports", "string", "Ports of TLS configurations that open", 0),
                AGE,
            ],
            ingress,
        ),
        "ingressclasses" => (
            vec![
                NAME,
                ("Controller", "string", "Controller that is responsible for handling this class", 0),
                ("Parameters", "string", "A reference to a resource with additional parameters", 0),
                AGE,
            ],
            ingress_class,
        ),
        "networkpolicies" => (
            vec![NAME, ("Pod-Selector", "string", "The pods that the policy is for.", 0), AGE],
            |o, at| vec![name(o), selector(&o["spec"]["podSelector"]), age(o, at.now)],
        ),
        _ => return None,
    })
}

/// The addresses of a load balancer, sorted.
fn balancer(status: &Value) -> String {
    let ingress = items(&status["loadBalancer"]["ingress"]);
    let mut found: Vec<&str> = ingress
        .map(|i| i["ip"].as_str().unwrap_or_else(|| text(&i["hostname"])))
        .filter(|address| !address.is_empty())
        .collect();
    found.sort_unstable();
    found.dedup();
    found.join(",")
}

fn service(o: &Value, at: Context) -> Vec<Value> {
    let spec = &o["spec"];
    let fixed = super::text::joined(items(&spec["externalIPs"]).map(text), ",");
    let kind = spec["type"].as_str().unwrap_or("ClusterIP");
    let external = match kind {
        "ExternalName" => or(&spec["externalName"], NONE),
        "LoadBalancer" => {
            let all = [balancer(&o["status"]), fixed];
            let all = super::text::joined(all.iter().map(String::as_str).filter(|part| !part.is_empty()), ",");
            json!(if all.is_empty() { "<pending>".to_owned() } else { all })
        }
        _ => or_none(fixed),
    };
    let ports = items(&spec["ports"]).map(|port| {
        let protocol = port["protocol"].as_str().unwrap_or("TCP");
        match number(&port["nodePort"]) {
            0 => format!("{}/{protocol}", number(&port["port"])),
            node => format!("{}:{node}/{protocol}", number(&port["port"])),
        }
    });
    vec![
        name(o),
        json!(kind),
        or(&spec["clusterIP"], NONE),
        external,
        or_none(ports.collect::<Vec<_>>().join(",")),
        age(o, at.now),
        labels(&spec["selector"]),
    ]
}

fn endpoints(o: &Value, at: Context) -> Vec<Value> {
    let mut all = Vec::new();
    for subset in items(&o["subsets"]) {
        let address = |port: Option<&Value>| {
            items(&subset["addresses"])
                .map(move |address| match (port, text(&address["ip"])) {
                    (None, ip) => ip.to_owned(),
                    (Some(port), ip) if ip.contains(':') => format!("[{ip}]:{}", number(&port["port"])),
                    (Some(port), ip) => format!("{ip}:{}", number(&port["port"])),
                })
                .collect::<Vec<_>>()
        };
        match items(&subset["ports"]).len() {
            0 => all.extend(address(None)),
            _ => all.extend(items(&subset["ports"]).flat_map(|port| address(Some(port)))),
        }
    }
    vec![name(o), or_none(some(&all, SHOWN)), age(o, at.now)]
}

fn slice(o: &Value, at: Context) -> Vec<Value> {
    let ports: Vec<String> = items(&o["ports"])
        .map(|port| match port["port"].as_i64() {
            Some(number) => number.to_string(),
            None => port["name"].as_str().unwrap_or("*").to_owned(),
        })
        .collect();
    let addresses: Vec<String> = items(&o["endpoints"])
        .flat_map(|endpoint| items(&endpoint["addresses"]).map(|a| text(a).to_owned()))
        .collect();
    let unset = |list: &[String]| json!(if list.is_empty() { "<unset>".to_owned() } else { some(list, SHOWN) });
    vec![name(o), or(&o["addressType"], ""), unset(&ports), unset(&addresses), age(o, at.now)]
}

fn ingress(o: &Value, at: Context) -> Vec<Value> {
    let hosts: Vec<String> = items(&o["spec"]["rules"])
        .map(|rule| text(&rule["host"]).to_owned())
        .filter(|host| !host.is_empty())
        .collect();
    let hosts = if hosts.is_empty() { "*".to_owned() } else { some(&hosts, SHOWN) };
    let ports = if items(&o["spec"]["tls"]).len() > 0 { "80, 443" } else { "80" };
    vec![
        name(o),
        or(&o["spec"]["ingressClassName"], NONE),
        json!(hosts),
        json!(balancer(&o["status"])),
        json!(ports),
        age(o, at.now),
    ]
}

fn ingress_class(o: &Value, at: Context) -> Vec<Value> {
    let parameters = &o["spec"]["parameters"];
    let group = parameters["apiGroup"].as_str().map(|g| format!(".{g}")).unwrap_or_default();
    let told = match text(&parameters["name"]) {
        "" => NONE.to_owned(),
        named => format!("{}{group}/{named}", text(&parameters["kind"])),
    };
    vec![name(o), or(&o["spec"]["controller"], ""), json!(told), age(o, at.now)]
}
