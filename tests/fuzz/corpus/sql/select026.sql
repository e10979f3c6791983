select nope from (values 1) t(x)
