//! Addresses as policies write them (R-CND-28).

use std::net::IpAddr;

use ipnet::IpNet;

/// An address with or without a prefix length; host bits do not count (R-CND-28).
pub(crate) fn network(text: &str) -> Option<IpNet> {
    match text.split_once('/') {
        None => text.parse::<IpAddr>().ok().map(IpNet::from),
        Some((address, prefix)) => {
            let digits = !prefix.is_empty() && prefix.bytes().all(|b| b.is_ascii_digit());
            let prefix = digits.then(|| prefix.parse().ok()).flatten()?;
            IpNet::new(address.parse().ok()?, prefix).ok()
        }
    }
}
