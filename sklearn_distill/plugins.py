"""plugins: temporary"""
def kebab_case(x): return x
