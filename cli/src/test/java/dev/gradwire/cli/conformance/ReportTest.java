package dev.gradwire.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Tools read this object: its fields are fixed. */
final class ReportTest {
    @Test
    void jsonHasTheFieldsThatToolsRead() {
        Report report = new Report();
        report.add(
                "add",
                List.of(
                        new CaseResult("add#0", Map.of(Kind.FORWARD, Verdict.passed(0.5))),
                        new CaseResult(
                                "add#1",
                                Map.of(Kind.FORWARD, Verdict.passed(0.25), Kind.VJP, Verdict.failed("differs"))),
                        new CaseResult("add#2", Map.of(Kind.FORWARD, Verdict.unsupported("complex")))));
        JsonObject json = JsonParser.parseString(Printing.json(report)).getAsJsonObject();
        assertThat(json.get("total")).hasToString("{\"cases\":3,\"passed\":1,\"failed\":1,\"unsupported\":1}");
        assertThat(json.getAsJsonObject("kinds").keySet())
                .containsExactly("forward", "vjp", "jvp", "second", "grad_fn");
        assertThat(json.getAsJsonObject("kinds").get("forward"))
                .hasToString("{\"passed\":2,\"failed\":0,\"unsupported\":1}");
        assertThat(json.get("operators"))
                .hasToString("[{\"op\":\"add\",\"passed\":1,\"failed\":1,\"unsupported\":1,\"worst_error\":0.5,"
                        + "\"reason\":\"differs\"}]");
    }
}
