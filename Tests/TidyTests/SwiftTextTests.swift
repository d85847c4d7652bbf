// The layers of Swift source that the rules rely on.
import Testing

@Suite struct SwiftTextTests {
    @Test func `comments and the text of literals are not code`() {
        let text = SwiftText(
            """
            let a = "// no \\(b + "in") \\" comment"  // one "comment"
            /* two /* nested */ */ let c = #"raw \\( "quoted" "#
            """)
        #expect(text.code[0].contains("let a = "))
        #expect(text.code[0].contains("(b + \""))
        #expect(!text.code[0].contains("comment"))
        #expect(text.comments[0].contains("// one \"comment\""))
        #expect(!text.comments[0].contains("// no"))
        #expect(text.comments[1].contains("/* two /* nested */ */"))
        #expect(text.code[1].hasSuffix("let c = #\"                \"#"))
        #expect(text.bare[1].hasSuffix("let c = #\"\"#"))
    }

    @Test func `a literal of several lines keeps the lines`() {
        let text = SwiftText("let a = \"\"\"\n  one // \"two\"\n  \"\"\"\nlet b = 1\n")
        #expect(text.code.count == 4)
        #expect(text.code[1].allSatisfy { $0 == " " })
        #expect(text.comments.joined().allSatisfy { $0 == " " })
        #expect(text.code[3] == "let b = 1")
    }

    @Test func `parentheses of an interpolation nest`() {
        let text = SwiftText("print(\"a \\(f((1), \")\")) b\", unsafe)")
        #expect(text.code[0] == "print(\"   (f((1), \" \"))  \", unsafe)")
    }
}
