//! What is bound to a statement.

/// A value of one of the three types of column that there are, or none of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) enum Value {
    /// A number, an instant, or 0 and 1 for no and yes.
    Integer(Option<i64>),
    /// Text.
    Text(Option<String>),
    /// Bytes.
    Bytes(Option<Vec<u8>>),
}

/// What a statement's parameters are bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) enum Values {
    /// `?1`, `?2` and so on.
    Numbered(Vec<Value>),
    /// `:name`s.
    Named(Named),
}

/// The values of `?1`, `?2` and so on.
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        $crate::store::sql::values::Values::Numbered(vec![
            $($crate::store::sql::values::ToValue::to_value(&$value)),*
        ])
    };
}

/// The values of `:name`s; those of a list first, where it begins with one.
macro_rules! named_params {
    (..$more:expr, $($name:literal: $value:expr),* $(,)?) => {
        $crate::store::sql::values::Values::Named(
            [$more, $crate::store::sql::values::named!($($name: $value),*)].concat()
        )
    };
    ($($name:literal: $value:expr),* $(,)?) => {
        $crate::store::sql::values::Values::Named(
            $crate::store::sql::values::named!($($name: $value),*)
        )
    };
}

/// A list of values with their names.
macro_rules! named {
    ($($name:literal: $value:expr),* $(,)?) => {
        vec![$(($name, $crate::store::sql::values::ToValue::to_value(&$value))),*]
    };
}

pub(super) use {named, named_params, params};

/// Values with their names.
pub(super) type Named = Vec<(&'static str, Value)>;

pub(super) trait ToValue {
    /// What is bound where there is none.
    const NONE: Value;
    fn to_value(&self) -> Value;
}

macro_rules! integers {
    ($($integer:ty),*) => {
        $(impl ToValue for $integer {
            const NONE: Value = Value::Integer(None);
            fn to_value(&self) -> Value {
                Value::Integer(Some(i64::from(*self)))
            }
        })*
    };
}

integers!(bool, u8, i32, u32, i64);

impl ToValue for str {
    const NONE: Value = Value::Text(None);
    fn to_value(&self) -> Value {
        Value::Text(Some(self.to_owned()))
    }
}

impl ToValue for String {
    const NONE: Value = Value::Text(None);
    fn to_value(&self) -> Value {
        self.as_str().to_value()
    }
}

impl ToValue for [u8] {
    const NONE: Value = Value::Bytes(None);
    fn to_value(&self) -> Value {
        Value::Bytes(Some(self.to_owned()))
    }
}

impl ToValue for Vec<u8> {
    const NONE: Value = Value::Bytes(None);
    fn to_value(&self) -> Value {
        self.as_slice().to_value()
    }
}

impl<const LENGTH: usize> ToValue for [u8; LENGTH] {
    const NONE: Value = Value::Bytes(None);
    fn to_value(&self) -> Value {
        self.as_slice().to_value()
    }
}

impl<T: ToValue + ?Sized> ToValue for &T {
    const NONE: Value = T::NONE;
    fn to_value(&self) -> Value {
        (**self).to_value()
    }
}

impl<T: ToValue> ToValue for Option<T> {
    const NONE: Value = T::NONE;
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Self::NONE, T::to_value)
    }
}
