//! Addresses and networks (R-CND-28), and what of them `aws:SourceIp` can be.

use ipnet::{IpNet, Ipv4Net};

use super::subject::{Report, Subject, key_place, lower_key};
use crate::policy::address::network;
use crate::policy::{Condition, Family};

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (_, condition) in subject.conditions() {
        if condition.operator.test.family() != Family::Ip {
            continue;
        }
        let mut networks = Vec::new();
        for value in &condition.values {
            if value.text.contains("${") {
                continue;
            }
            let Some(net) = network(&value.text) else {
                let message =
                    format!("`{}` is no address and no network such as `203.0.113.0/24`", value.text);
                report.add("TYPE_MISMATCH_IP_RANGE", value.span, message);
                continue;
            };
            if net.trunc() != net {
                let message = format!("`{}` has bits set behind its prefix, which do not count", value.text);
                report.suggest(
                    "IMPROVE_IP_RANGE",
                    value.span,
                    message,
                    Some(format!("write `{}`", net.trunc())),
                );
            }
            networks.push(net);
        }
        if lower_key(condition) == "aws:sourceip" && !networks.is_empty() {
            private(condition, &networks, report);
        }
    }
}

/// A caller of AWS's public endpoints has a public address; through a VPC endpoint the key is missing (5.4).
fn private(condition: &Condition, networks: &[IpNet], report: &mut Report<'_>) {
    let inside = networks.iter().filter(|net| is_private(net)).count();
    let excludes = condition.operator.test.is_negated();
    let (code, message) = match (inside, excludes) {
        (0, _) => return,
        (found, false) if found == networks.len() => {
            ("PRIVATE_IP_ADDRESS", "every network is private, and no request's source is in one")
        }
        (found, true) if found == networks.len() => (
            "PRIVATE_NOT_IP_ADDRESS",
            "every network is private, so every request's source is outside of them",
        ),
        (_, false) => (
            "PRIVATE_IP_ADDRESS_SUBSET",
            "some of the networks are private, and no request's source is in them",
        ),
        (_, true) => (
            "PRIVATE_NOT_IP_ADDRESS_SUBSET",
            "some of the networks are private, and every request's source is outside of them",
        ),
    };
    let suggestion =
        Some("`aws:VpcSourceIp` is the private address of a request through a VPC endpoint".to_owned());
    report.suggest(code, key_place(condition), message, suggestion);
}

/// Whether it is within one of the networks that are not routed on the Internet.
fn is_private(net: &IpNet) -> bool {
    const PRIVATE: [([u8; 4], u8); 3] = [([10, 0, 0, 0], 8), ([172, 16, 0, 0], 12), ([192, 168, 0, 0], 16)];
    match net {
        IpNet::V4(net) => PRIVATE.iter().any(|(address, prefix)| {
            Ipv4Net::new((*address).into(), *prefix).is_ok_and(|private| private.contains(net))
        }),
        // Unique local addresses, fc00::/7.
        IpNet::V6(net) => {
            net.prefix_len() >= 7
                && net.addr().segments().first().is_some_and(|first| first & 0xfe00 == 0xfc00)
        }
    }
}
