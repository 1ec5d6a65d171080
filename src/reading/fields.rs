use std::borrow::Cow;
/// x
pub struct Parsed<'a> {
    /// x
    pub message: Cow<'a, str>,
    /// x
    pub fields: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}
/// x
pub fn parse(_text: &str) -> Option<Parsed<'_>> {
    None
}
/// x
pub fn pretty(_text: &str) -> Option<Vec<String>> {
    None
}
