select any_value(x) from (values 7,7) t(x)
