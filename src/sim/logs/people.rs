//! Names, addresses and tokens of people that do not exist.

use super::dice::Dice;

const FIRST: [&str; 12] = [
    "jeanne", "louis", "amelie", "karim", "sofia", "theo", "ines", "hugo", "lea", "nadia", "pierre", "yasmine",
];
const LAST: [&str; 12] = [
    "martin", "durand", "moreau", "lefevre", "garnier", "benali", "rossi", "petit", "lambert", "nguyen", "roux", "faure",
];
const HOSTS: [&str; 4] = ["example.com", "example.org", "mail.example.net", "courriel.example.fr"];

/// An address at a host that is reserved for examples.
pub(super) fn email(dice: &mut Dice) -> String {
    format!("{}.{}@{}", dice.word(&FIRST), dice.word(&LAST), dice.word(&HOSTS))
}

/// An IP address of the blocks that are reserved for documentation.
pub(super) fn ip(dice: &mut Dice) -> String {
    let block = dice.word(&["192.0.2", "198.51.100", "203.0.113"]);
    format!("{block}.{}", 1 + dice.below(254))
}

/// A customer's number.
pub(super) fn account(dice: &mut Dice) -> String {
    format!("acc_{}", dice.hex(12))
}

/// A session's token that opens nothing.
pub(super) fn token(dice: &mut Dice) -> String {
    format!("sess_notreal_{}", dice.hex(24))
}

/// An account number of the form that banks use, with check digits that do not fit.
pub(super) fn iban(dice: &mut Dice) -> String {
    let digits: String = (0..23)
        .map(|_| char::from_digit(dice.below(10) as u32, 10).unwrap_or('0'))
        .collect();
    format!("FR00{digits}")
}
