/* C code that runs for ever: nothing in its process can stop it. */
static volatile unsigned long turns;

void forever(void) {
    for (;;) {
        turns++;
    }
}
