msck repair table a.b
