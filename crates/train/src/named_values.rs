//! [`named_values`](crate::named_values): settings that are one of several.

/// Enums whose values have names, which the command line, configuration files and run folders know. The documentation of
/// a value is what `--help` says of it. Who calls it depends on `clap` and `serde`.
///
/// ```
/// retrograde_train::named_values! {
///     /// How weights start.
///     pub enum InitKind {
///         /// All of them 0
///         Zero = "zero",
///         /// He, normal
///         He = "he",
///     }
/// }
/// assert_eq!(<InitKind as clap::ValueEnum>::from_str("he", false), Ok(InitKind::He));
/// ```
#[macro_export]
macro_rules! named_values {
    ($($(#[$meta:meta])* $visible:vis enum $name:ident { $($(#[$doc:meta])* $value:ident = $text:literal,)+ })+) => {$(
        $(#[$meta])*
        #[derive(::clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq, ::serde::Serialize, ::serde::Deserialize)]
        $visible enum $name {
            $($(#[$doc])* #[value(name = $text)] #[serde(rename = $text)] $value,)+
        }
    )+};
}
