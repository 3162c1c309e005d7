# Commands for `make debug`: attach to the halted board.
set confirm off
set pagination off
set architecture riscv:rv64
set disassemble-next-line auto
# The kernel runs at physical addresses until paging is on; its symbols are those of the upper half.
target extended-remote localhost:1234
echo The board is halted before its firmware. Type `make console` in another terminal to see it boot.\n
echo Try:  hbreak boot_start   continue   backtrace   info registers\n
