//! What a type looks like as a JSON value.

use syn::{Attribute, Data, DeriveInput, Error, Fields, Ident, LitStr, Result};

use crate::case::Case;

/// A type.
pub struct Shape {
    pub kind: Kind,
}

pub enum Kind {
    /// Like its one field.
    Transparent,
    Struct(Vec<Field>),
    Enum {
        variants: Vec<Variant>,
        /// The field in which a variant's name stands.
        tag: Option<String>,
    },
}

pub struct Variant {
    pub ident: Ident,
    pub name: String,
    pub content: Content,
}

pub enum Content {
    None,
    One,
    Fields(Vec<Field>),
}

pub struct Field {
    pub ident: Ident,
    pub name: String,
    pub has_default: bool,
}

impl Shape {
    pub fn of(input: &DeriveInput) -> Result<Self> {
        let options = Options::of(&input.attrs)?;
        let kind = match &input.data {
            Data::Struct(_) if options.transparent => Kind::Transparent,
            Data::Struct(data) => Kind::Struct(Field::all(&data.fields, options.rename_all)?),
            Data::Enum(data) => {
                let variant = |variant| Variant::of(variant, &options);
                Kind::Enum {
                    variants: data.variants.iter().map(variant).collect::<Result<_>>()?,
                    tag: options.tag.clone(),
                }
            }
            Data::Union(_) => return Err(Error::new_spanned(input, "a union is no JSON value")),
        };
        Ok(Self { kind })
    }
}

impl Variant {
    fn of(variant: &syn::Variant, options: &Options) -> Result<Self> {
        let content = match &variant.fields {
            Fields::Unit => Content::None,
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Content::One,
            fields => Content::Fields(Field::all(fields, options.rename_all_fields)?),
        };
        Ok(Self { ident: variant.ident.clone(), name: options.rename_all.of_type(&variant.ident), content })
    }
}

impl Field {
    fn all(fields: &Fields, case: Case) -> Result<Vec<Self>> {
        let of = |field: &syn::Field| {
            let options = Options::of(&field.attrs)?;
            let ident = field.ident.clone().ok_or_else(|| Error::new_spanned(field, "the field needs a name"))?;
            let name = options.rename.unwrap_or_else(|| case.of_field(&ident));
            Ok(Self { ident, name, has_default: options.default })
        };
        fields.iter().map(of).collect()
    }
}

/// What the attributes of a type or a field say.
#[derive(Default)]
struct Options {
    rename_all: Case,
    rename_all_fields: Case,
    rename: Option<String>,
    tag: Option<String>,
    transparent: bool,
    default: bool,
}

impl Options {
    fn of(attributes: &[Attribute]) -> Result<Self> {
        let mut options = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("value")) {
            attribute.parse_nested_meta(|meta| {
                let text = || meta.value()?.parse::<LitStr>();
                match meta.path.get_ident().map(ToString::to_string).as_deref() {
                    Some("rename_all") => options.rename_all = Case::of(&text()?)?,
                    Some("rename_all_fields") => options.rename_all_fields = Case::of(&text()?)?,
                    Some("rename") => options.rename = Some(text()?.value()),
                    Some("tag") => options.tag = Some(text()?.value()),
                    Some("transparent") => options.transparent = true,
                    Some("default") => options.default = true,
                    _ => return Err(meta.error("unknown")),
                }
                Ok(())
            })?;
        }
        Ok(options)
    }
}
