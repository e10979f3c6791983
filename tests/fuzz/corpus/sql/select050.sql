select checksum(x) from (values 1,2) t(x)
