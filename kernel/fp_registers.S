/*
 * kernel/fp_registers.S: the floating-point registers to and from memory (SPEC FP-3).
 *
 * void fp_store(word registers[33]), void fp_load(const word registers[33]): f0-f31, then fcsr.
 * Caller: sstatus.FS is not Off. Own a0 and t0 only.
 */
    .option arch, +f, +d
    .section .text
    .globl fp_store, fp_load

fp_store:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fsd f\n, 8 * \n(a0)
    .endr
    frcsr t0
    sd t0, 8 * 32(a0)
    ret

fp_load:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fld f\n, 8 * \n(a0)
    .endr
    ld t0, 8 * 32(a0)
    fscsr t0
    ret
