// What ThreadSanitizer is not to report. Only the tsan preset builds this, into the program and the tests.
//
// fontconfig, which lays out a kit's page, starts a thread of its own. Neither it nor GLib is built with the sanitizer, so that
// it does not see what they lock.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
    return "called_from_lib:libfontconfig.so.1\n"
           "race:libfontconfig.so.1\n"
           "race:libglib-2.0.so.0\n"
           "race:libpangoft2-1.0.so.0\n"
           "race:libpango-1.0.so.0\n"
           "race:libcairo.so.2\n"
           "mutex:libpangoft2-1.0.so.0\n";
}
