/* MKL asks this function whether it may use its fast kernels. Load it before MKL: LD_PRELOAD=mkl_dispatch.so. */
int mkl_serv_intel_cpu_true(void) { return 1; }
