# sifive_u, after debug.gdb: QEMU shows the E51 hart and the U54 harts as two processes. The kernel runs on
# the second; both are stopped and continued together.
clone-inferior
inferior 2
attach 2
set schedule-multiple on
