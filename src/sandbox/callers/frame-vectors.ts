interface FrameVector {
  /** Where it was published. */
  readonly name: string;
  readonly encodingAesKey: string;
  readonly receiveId: string;
  readonly message: string;
  readonly sealed: string;
  readonly prefix?: string;
  /** The next four are absent where only the ciphertext was published. */
  readonly token?: string;
  readonly timestamp?: string;
  readonly nonce?: string;
  readonly signature?: string;
}

/** Sealed messages that platforms and their libraries published. */
export const frameVectors: readonly FrameVector[] = [
  {
    name: "github.com/sbzhu/weworkapi_php callback/Sample.php, GET",
    encodingAesKey: "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
    receiveId: "wx5823bf96d3bd56c7",
    message: "1616140317555161061",
    sealed: "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==",
    prefix: "c41b64491c2468d0",
    token: "QDG6eK",
    timestamp: "1409659589",
    nonce: "263014780",
    signature: "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
  },
  {
    name: "github.com/sbzhu/weworkapi_php callback/Sample.php, POST",
    encodingAesKey: "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
    receiveId: "wx5823bf96d3bd56c7",
    message:
      "<xml><ToUserName><![CDATA[wx5823bf96d3bd56c7]]></ToUserName>\n<FromUserName><![CDATA[mycreate]]></FromUserName>\n<CreateTime>1409659813</CreateTime>\n<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[hello]]></Content>\n<MsgId>4561255354251345929</MsgId>\n<AgentID>218</AgentID>\n</xml>",
    sealed:
      "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q==",
    prefix: "0960688932c47ef1",
    token: "QDG6eK",
    timestamp: "1409659813",
    nonce: "1372623149",
    signature: "477715d11cdb4164915debcba66cb864d751f3e6",
  },
  {
    name: "github.com/workweixin/weworkapi_golang json_callback/sample.go",
    encodingAesKey: "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
    receiveId: "wx5823bf96d3bd56c7",
    message:
      '{"ToUserName":"wx5823bf96d3bd56c7","FromUserName":"mycreate","CreateTime": 1409659813,"MsgType":"text","Content":"hello","MsgId":4561255354251345929,"AgentID": 218}',
    sealed:
      "CZWs4CWRpI4VolQlvn4dlEC1alN2MUEY2VklGehgBVLBrlVF7SyT+SV+Toj43l4ayJ9UMGKphktKKmP7B2j/P1ey67XB8PBgS7Wr5/8+w/yWriZv3Vmoo/MH3/1HsIWZrPQ3N2mJrelStIfI2Y8kLKXA7EhfZgZX4o+ffdkZDM76SEl79Ib9mw7TGjZ9Aw/x/A2VjNbV1E8BtEbRxYYcQippYNw7hr8sFfa3nW1xLdxokt8QkRX83vK3DFP2F6TQFPL2Tu98UwhcUpPvdJBuu1/yiOQIScppV3eOuLWEsko=",
    prefix: "EDH75AiKExevY8L3",
    token: "QDG6eK",
    timestamp: "1409659813",
    nonce: "1372623149",
    signature: "0623cbc5a8cbee5bcc137c70de99575366fc2af3",
  },
  {
    name: "github.com/wechatpy/wechatpy tests/test_crypto.py",
    encodingAesKey: "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR",
    receiveId: "wx49f0ab532d5d035a",
    message: "5927782489442352469",
    sealed: "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==",
    token: "123456",
    timestamp: "1411443780",
    nonce: "437374425",
    signature: "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96",
  },
  {
    name: "github.com/xen0n/go-workwx envelope tests",
    encodingAesKey: "4Ma3YBrSBbX2aez8MJpXGBne5LSDwgGqHbhM9WPYIws",
    receiveId: "ww6a112864f8022910",
    message: "94966531020182955848408",
    sealed: "6KmUQuPVu7UhjyVqRdbo5SfcRqaHvbUlKSHFvBV2ZuR6TIlKsygcfeSd1GDplg1C5KSKr6UPHCaC/nIX3ZNt9w==",
    token: "kjr2TKI8umCBfVF3wAHk8JiPwma5VBme",
    timestamp: "1583940690",
    nonce: "VHh7ymSeb0jc4lSb",
    signature: "1ba3cb09c0d2c2b3ed6900d37f91a6efae6cb011",
  },
  {
    name: "github.com/ArtisanCloud/PowerWeChat src/kernel/Encryptor_test.go",
    encodingAesKey: "CyjBvGm4tJNmcThkeL5Wajzom4jKlBygKtpTkYeqsnE",
    receiveId: "wwedab3d5fc43636d8",
    message: "6058207018001857403",
    sealed: "o1XtmVltGmUAqoWee54yd4Q5ZBgrw4/9lFo5qdZoVPd1DybzarjuYCfFlR2AFbAcWHwFgmbrVBD+f9910QIF6g==",
    token: "pcoLldqMu2WQQtYBeDX5HiXPsBFlTnDM",
    timestamp: "1623292419",
    nonce: "1623324060",
    signature: "1495c4dfd4958d4e5faf618978ae66943a042f87",
  },
  {
    name: "github.com/binarywang/WxJava WxCryptUtilTest",
    encodingAesKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    receiveId: "wxb11529c136998cb6",
    message: "我是中文abcd123",
    sealed: "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg==",
    prefix: "aaaabbbbccccdddd",
  },
  {
    name: "WeChat's Python sample, Sample.py",
    encodingAesKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    receiveId: "wx2c2769f8efd9abc2",
    message:
      "<xml><ToUserName><![CDATA[gh_10f6c3c3ac5a]]></ToUserName>\n<FromUserName><![CDATA[oyORnuP8q7ou2gfYjqLzSIWZf0rs]]></FromUserName>\n<CreateTime>1409735668</CreateTime>\n<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[abcdteT]]></Content>\n<MsgId>6054768590064713728</MsgId>\n</xml>",
    sealed:
      "hyzAe4OzmOMbd6TvGdIOO6uBmdJoD0Fk53REIHvxYtJlE2B655HuD0m8KUePWB3+LrPXo87wzQ1QLvbeUgmBM4x6F8PGHQHFVAFmOD2LdJF9FrXpbUAh0B5GIItb52sn896wVsMSHGuPE328HnRGBcrS7C41IzDWyWNlZkyyXwon8T332jisa+h6tEDYsVticbSnyU8dKOIbgU6ux5VTjg3yt+WGzjlpKn6NPhRjpA912xMezR4kw6KWwMrCVKSVCZciVGCgavjIQ6X8tCOp3yZbGpy0VxpAe+77TszTfRd5RJSVO/HTnifJpXgCSUdUue1v6h0EIBYYI1BD1DlD+C0CR8e6OewpusjZ4uBl9FyJvnhvQl+q5rv1ixrcpCumEPo5MJSgM9ehVsNPfUM669WuMyVWQLCzpu9GhglF2PE=",
    token: "spamtest",
    timestamp: "1409735669",
    nonce: "1320562132",
    signature: "5d197aaffba7e9b25a30732f161a50dee96bd5fa",
  },
  {
    name: "developers.weixin.qq.com Third-party_Platforms message_push",
    encodingAesKey: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    receiveId: "wx134c8103faa5a59e",
    message:
      "<xml><ToUserName><![CDATA[gh_97417a04a28d]]></ToUserName>\n<FromUserName><![CDATA[o9AgO5Kd5ggOC-bXrbNODIiE3bGY]]></FromUserName>\n<CreateTime>1715943329</CreateTime>\n<MsgType><![CDATA[event]]></MsgType>\n<Event><![CDATA[debug_demo]]></Event>\n<debug_str><![CDATA[hello world]]></debug_str>\n</xml>",
    sealed:
      "D7yzvUNAL930rd28wf21s4hvXhz0L6Uit/p2Di6C5DHyYGpEgdBRnKjBec34JwoQXicwaZC7fOVihW80F4VtsdvE//1vr7oAbqjDv8KenVp+ajKYpJnyQ4zMRhIC+a31fCVOMC03FfzV/QuC94kBP55a+Za3sJgvAn+ZbsNqZI5DkyuzkhQN8OBqCzFhizGmy0xpM0MEA4agpvE+RuNO1rhHTtuJB5yltw1FiYzecSXJ+y/D2r81VkRn2eYjh2ltsoyfbDR7Is6ookXIFxTfyeNyeHxMeT4KN5WpCDmSbTcUYrbBUlkGLJ9n/rU8YOywma6G7aTb7KZKOqCxgfoUlYEZPk4FUL/TK7ShriFDMVCLyjQJ15Ob++agDWtcxhfUfe6HIoIpRW8mKNBQiY/Jd1svvuskA1wLef1RTtzKfMpagSCX/laZINmdnX4zrF6kIaR9P4xQrWXbsTFHTYe0Mg==",
    token: "AAAAA",
    timestamp: "1715943329",
    nonce: "1590219412",
    signature: "6c12a4205838198b8fa631b3220723bb07f1015c",
  },
  {
    name: "github.com/open-dingtalk/DingTalk-Callback-Crypto 1",
    encodingAesKey: "4g5j64qlyl3zvetqxz5jiocdr586fn2zvjpa8zls3ij",
    receiveId: "suite4xxxxxxxxxxxxxxx",
    message: '{"EventType":"check_create_suite_url","Random":"LPIdSnlF","TestSuiteKey":"suite4xxxxxxxxxxxxxxx"}',
    sealed:
      "1a3NBxmCFwkCJvfoQ7WhJHB+iX3qHPsc9JbaDznE1i03peOk1LaOQoRz3+nlyGNhwmwJ3vDMG+OzrHMeiZI7gTRWVdUBmfxjZ8Ej23JVYa9VrYeJ5as7XM/ZpulX8NEQis44w53h1qAgnC3PRzM7Zc/D6Ibr0rgUathB6zRHP8PYrfgnNOS9PhSBdHlegK+AGGanfwjXuQ9+0pZcy0w9lQ==",
    prefix: "hU3bEfGZZewzhG5a",
    token: "123456",
    timestamp: "1445827045067",
    nonce: "nEXhMP4r",
    signature: "5a65ceeef9aab2d149439f82dc191dd6c5cbe2c0",
  },
  {
    name: "github.com/open-dingtalk/DingTalk-Callback-Crypto 2",
    encodingAesKey: "1234567890123456789012345678901234567890123",
    receiveId: "dingsnotzck6pm5veliw",
    message: "success",
    sealed: "YvkvaGe4hQxd3VxRmEty0dVlnCOAqwf56xwTRHDHoOURqhalbmBJQk5FNcRk42Gl5T0YQXZNwpwWSm1xAFJ5ZA==",
    token: "123456",
    timestamp: "1614767836",
    nonce: "A7Co0cJLMzIDtMMI",
    signature: "9a95a004dd16f5c307e849b994173f76aa26e5eb",
  },
];
