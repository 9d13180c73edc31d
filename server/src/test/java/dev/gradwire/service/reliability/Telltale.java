package dev.gradwire.service.reliability;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.service.Details;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Row F9: looks for what an error must not tell: paths, classes, addresses, stacks, headers. */
final class Telltale {
    private static final Pattern QUOTED = Pattern.compile("'([^']*)'");

    private static final List<Pattern> INNARDS = List.of(
            Pattern.compile("(^|[\\s'\"(=:])(/[\\w.-]+){2,}"), // a path
            Pattern.compile("[A-Za-z]:\\\\\\w"),
            Pattern.compile("\\b(java|javax|jdk|sun|com|org|io|dev)\\.[a-z]\\w*\\.\\w"), // a class
            Pattern.compile("\\w(Exception|Error)\\b"),
            Pattern.compile("\\b(c10|at|torch)::"),
            Pattern.compile("\\.(java|cpp|cc|h|so|py|class|jar)\\b"),
            Pattern.compile("\\bat \\w+(\\.\\w+)+\\("), // a stack
            Pattern.compile("0x[0-9a-fA-F]{4,}"), // an address
            Pattern.compile("@[0-9a-f]{5,8}\\b"),
            Pattern.compile("\\b\\d{1,3}(\\.\\d{1,3}){3}\\b"),
            Pattern.compile("(?i)\\b(authorization|bearer|user-agent|content-type|te: trailers)\\b")); // a header

    private Telltale() {}

    /** @param request what the client sent itself may come back to it in quotation marks */
    static void check(Details details, byte[] request) {
        String sent = new String(request, StandardCharsets.UTF_8);
        check(details.text(), sent);
        details.metadata().forEach((key, value) -> {
            if (!sent.contains(value)) {
                check(value, sent);
            }
        });
    }

    static void check(String text, String sent) {
        Matcher quoted = QUOTED.matcher(text);
        String own =
                quoted.replaceAll(part -> sent.contains(part.group(1)) ? "''" : Matcher.quoteReplacement(part.group()));
        assertThat(INNARDS)
                .as("what this tells: %s", text)
                .noneMatch(pattern -> pattern.matcher(own).find());
    }
}
