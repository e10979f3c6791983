select row_number() from (values 1) t(x)
