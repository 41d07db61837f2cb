//! `#[derive(FromValue, ToValue)]`: the traits of the core's `plain` module, by which its types are read from JSON
//! values and put into them.
//!
//! The shapes, and the attributes that change them, are serde's: `#[value(rename_all = "camelCase")]` on a type;
//! `rename = "…"` and `default` on a field (one that is an `Option` may always be missing); `transparent` on a type
//! with one field; `tag = "…"` on an enum whose variants' names stand among their fields. Without a tag, a variant is
//! its name or an object with its name and its content.

mod case;
mod shape;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{DeriveInput, Ident, parse_macro_input};

use crate::shape::{Content, Field, Kind, Shape, Variant};

/// Implements `FromValue`.
#[proc_macro_derive(FromValue, attributes(value))]
pub fn from_value(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(parse_macro_input!(input), &format_ident!("FromValue"), read)
}

/// Implements `ToValue`.
#[proc_macro_derive(ToValue, attributes(value))]
pub fn to_value(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(parse_macro_input!(input), &format_ident!("ToValue"), write)
}

fn derive(input: DeriveInput, name: &Ident, method: fn(&Shape) -> TokenStream) -> proc_macro::TokenStream {
    let implementation = Shape::of(&input).map(|shape| {
        let method = method(&shape);
        let (type_name, (generics, arguments, bounds)) = (&input.ident, input.generics.split_for_impl());
        quote! {
            #[automatically_derived]
            impl #generics crate::plain::#name for #type_name #arguments #bounds { #method }
        }
    });
    implementation.unwrap_or_else(|error| error.into_compile_error()).into()
}

fn read(shape: &Shape) -> TokenStream {
    let body = match &shape.kind {
        Kind::Transparent => quote!(Self(crate::plain::FromValue::read_or_any(value, fits))),
        Kind::Struct(fields) => {
            let fields = read_fields(fields);
            quote!(let fields = crate::plain::fields(value, fits); Self { #fields })
        }
        Kind::Enum { variants, .. } => read_enum(variants),
    };
    quote! {
        fn read_or_any(value: &::serde_json::Value, fits: &mut bool) -> Self { #body }
    }
}

/// A value that is none of the variants is read as the one that is cheapest to make.
fn read_enum(variants: &[Variant]) -> TokenStream {
    let unit = variants.iter().find(|variant| matches!(variant.content, Content::None));
    let Some(any) = unit.or(variants.first()) else {
        return quote!(compile_error!("an enum without variants is no value"));
    };
    let arms = variants.iter().filter(|variant| variant.name != any.name).map(|variant| {
        let (name, read) = (&variant.name, read_variant(variant));
        quote!(#name => #read,)
    });
    let (any_name, read_any) = (&any.name, read_variant(any));
    quote! {
        let (name, content) = crate::plain::variant(value, fits);
        match name {
            #(#arms)*
            other => { *fits &= other == #any_name; #read_any }
        }
    }
}

fn read_variant(Variant { ident, content, .. }: &Variant) -> TokenStream {
    match content {
        Content::None => quote!(Self::#ident),
        Content::One => quote!(Self::#ident(crate::plain::FromValue::read_or_any(content, fits))),
        Content::Fields(fields) => {
            let fields = read_fields(fields);
            quote!({ let fields = crate::plain::fields(content, fits); Self::#ident { #fields } })
        }
    }
}

fn read_fields(fields: &[Field]) -> TokenStream {
    let fields = fields.iter().map(|Field { ident, name, has_default }| match has_default {
        true => quote!(#ident: crate::plain::field_or_default(fields, #name, fits)),
        false => quote!(#ident: crate::plain::field(fields, #name, fits)),
    });
    quote!(#(#fields),*)
}

fn write(shape: &Shape) -> TokenStream {
    let body = match &shape.kind {
        Kind::Transparent => quote!(crate::plain::ToValue::write(self.0)),
        Kind::Struct(fields) => {
            let names = fields.iter().map(|field| &field.ident);
            let puts = write_fields(fields);
            quote! {
                let Self { #(#names),* } = self;
                let mut fields = ::serde_json::Map::new();
                #puts
                ::serde_json::Value::Object(fields)
            }
        }
        Kind::Enum { variants, tag } => {
            let arms = variants.iter().map(|variant| write_variant(variant, tag.as_deref()));
            quote!(match self { #(#arms)* })
        }
    };
    quote! {
        fn write(self) -> ::serde_json::Value { #body }
    }
}

fn write_variant(Variant { ident, name, content }: &Variant, tag: Option<&str>) -> TokenStream {
    match (content, tag) {
        (Content::None, _) => quote!(Self::#ident => ::serde_json::Value::from(#name),),
        (Content::One, _) => {
            quote!(Self::#ident(content) => crate::plain::named(#name, crate::plain::ToValue::write(content)),)
        }
        (Content::Fields(fields), tag) => {
            let names = fields.iter().map(|field| &field.ident);
            let puts = write_fields(fields);
            let object = quote!(::serde_json::Value::Object(fields));
            let (tagged, whole) = match tag {
                Some(tag) => (quote!(crate::plain::put(&mut fields, #tag, #name);), object),
                None => (quote!(), quote!(crate::plain::named(#name, #object))),
            };
            quote! {
                Self::#ident { #(#names),* } => {
                    let mut fields = ::serde_json::Map::new();
                    #tagged
                    #puts
                    #whole
                }
            }
        }
    }
}

fn write_fields(fields: &[Field]) -> TokenStream {
    let puts = fields.iter().map(|Field { ident, name, .. }| quote!(crate::plain::put(&mut fields, #name, #ident);));
    quote!(#(#puts)*)
}
