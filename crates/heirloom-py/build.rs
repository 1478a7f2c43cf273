//! Tells the compiler which Python this is built for, so that a field that later versions lack is asked for only where
//! it is. Promises: nothing but that. Refuses: generating code.

fn main() {
    pyo3_build_config::use_pyo3_cfgs();
}
