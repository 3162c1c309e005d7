/*
 * userland/examples/hello/hello.c: the smallest program: prints, with floating point, and ends.
 */
#include <math.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    printf("Hello from a program of its own.\n");
    printf("The square root of 2 is %.12f, and pi is %.6e.\n", sqrt(2.0), 4.0 * atan(1.0));
    for (int i = 1; i < argc; i++)
        printf("argument %d: %s\n", i, argv[i]);
    return 0;
}
